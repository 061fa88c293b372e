import * as E from 'fp-ts/lib/Either.js'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesOf, type Call, type Content, type Ending, type Line } from './crash/calls.js'
import { type Found, listen, type Model, type Promised, settle, violationsOf } from './crash/expected.js'
import { follow, strayIn } from './crash/look.js'
import { inDirectory } from './tools.js'

const labels = { call: 'one' }
const before: Content = { tag: 'before', bytes: 100 }
const after: Content = { tag: 'after', bytes: 200 }

const called = (call: Call, ending: Ending = 'done', client = 0): Line => ({ type: 'call', client, call, ending })
const ended = (tag: string, client = 0): Line => ({ type: 'end', client, tag, message: '' })
const prepare: Call = { type: 'prepare', key: 'key', parent: '', labels }
const write: Call = { type: 'write', key: 'key', path: 'file', content: before }
const made: readonly Line[] = [called(prepare), ended('done'), called(write), ended('done')]

const is = (fields: Partial<Found> = {}, ...files: readonly (readonly [string, Buffer])[]): Found => ({
  kind: 'Active',
  parent: '',
  labels,
  files: new Map(files),
  ...fields,
})
const asMade = is({}, ['file', bytesOf(before)])

const judge = (
  lines: readonly Line[],
  found: Readonly<Record<string, Found>>,
  promised: Promised = 'what was written',
) => {
  const model: Model = new Map()
  const told = listen(model, lines)
  const all = new Map(Object.entries(found))
  const tookEffect = settle(model, told, all)
  return { tookEffect, violations: [...told.violations, ...violationsOf(model, all, promised)] }
}

const differences: ReadonlyMap<string, readonly [Readonly<Record<string, Found>>, RegExp]> = new Map([
  ['is gone', [{}, /^key is gone; it was a Active$/]],
  ['is one too many', [{ key: asMade, other: is() }, /^other is there, and was never/]],
  ['has another kind', [{ key: is({ kind: 'View' }, ['file', bytesOf(before)]) }, /^key is View, not Active$/]],
  ['has other labels', [{ key: is({ labels: {} }, ['file', bytesOf(before)]) }, /^key has labels \{\}, not/]],
  ['has lost a file', [{ key: is() }, /^key has lost the file file$/]],
  ['has a file too many', [{ key: is({}, ['file', bytesOf(before)], ['b', bytesOf(after)]) }, /file b, which nobody/]],
  ['has other bytes', [{ key: is({}, ['file', bytesOf(after)]) }, /^key has 200 bytes in file that are not the 100/]],
  ['has too few bytes', [{ key: is({}, ['file', bytesOf(before).subarray(1)]) }, /^key has 99 bytes/]],
])

for (const [what, [found, violation]] of differences)
  test(`a snapshot that ${what} is noticed`, () => {
    const { violations } = judge(made, found)
    assert.is(violations.length, 1, violations.join('\n'))
    assert.match(violations[0] ?? '', violation)
  })

test('another parent, and one that is no layer, are noticed', () => {
  const { violations } = judge(made, { key: is({ parent: 'base' }, ['file', bytesOf(before)]) })
  assert.equal(violations, ["key stands on 'base', not on ''", 'key stands on base, which is no layer'])
})

test('what is as it was told is left alone', () => {
  assert.equal(judge(made, { key: asMade }), { tookEffect: 0, violations: [] })
})

test('a call that was not answered may have been done, or not', () => {
  const calls: readonly (readonly [Call, Readonly<Record<string, Found>>])[] = [
    [
      { ...prepare, key: 'other' },
      { key: asMade, other: is() },
    ],
    [{ type: 'remove', key: 'key' }, {}],
    [{ type: 'update', key: 'key', labels: {} }, { key: is({ labels: {} }, ['file', bytesOf(before)]) }],
    [{ type: 'delete', key: 'key', path: 'file' }, { key: is() }],
    [{ ...write, content: after }, { key: is({}, ['file', bytesOf(after).subarray(0, 50)]) }],
    [
      { type: 'commit', name: 'base', key: 'key', labels: {} },
      { base: is({ kind: 'Committed', labels: {} }, ['file', bytesOf(before)]) },
    ],
  ]
  for (const [call, done] of calls) {
    const lines = [...made, called(call)]
    assert.equal(judge(lines, done), { tookEffect: 1, violations: [] }, call.type)
    assert.equal(judge(lines, { key: asMade }), { tookEffect: 0, violations: [] }, call.type)
    assert.is.not(judge([...made, called(call, 'refused')], done).violations.length, 0, `${call.type}, to be refused`)
  }
})

test('a key that was removed and given again at once is the new one', () => {
  const again: Call = { ...prepare, labels: { call: 'two' } }
  const lines = [...made, called({ type: 'remove', key: 'key' }), called(again, 'either', 1)]
  const { labels: given } = again
  assert.equal(judge(lines, { key: is({ labels: given }) }), { tookEffect: 2, violations: [] })
  assert.equal(judge(lines, {}), { tookEffect: 1, violations: [] })
  assert.equal(judge(lines, { key: asMade }), { tookEffect: 0, violations: [] })
  assert.is(judge(lines, { key: is({ labels: { call: 'three' } }) }).violations.length, 1)
})

test('what was not detached may be left out', () => {
  const detached = [...made, called({ type: 'detach', key: 'key' }), ended('done')]
  assert.is(judge(made, { key: is() }, 'what was detached').violations.length, 0)
  assert.is(judge(detached, { key: is() }, 'what was detached').violations.length, 1)
  const again = [...detached, called({ ...write, content: after }), ended('done')]
  assert.is(judge(again, { key: is() }, 'what was detached').violations.length, 0)
})

test('a process whose reader is slow tells every line', async () => {
  const script = fileURLToPath(new URL('child/tell.js', import.meta.url))
  const { stdout } = spawn(process.execPath, [script, '5000'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => stdout.once('readable', resolve))
  await pause(200)
  const lines = (await text(stdout)).trimEnd().split('\n')
  assert.is(lines.length, 5000)
  for (const [client, line] of lines.entries())
    assert.equal(JSON.parse(line), { type: 'end', client, tag: 'done', message: '' })
})

test('half a commit is noticed', () => {
  const lines = [...made, called({ type: 'commit', name: 'base', key: 'key', labels })]
  assert.is(judge(lines, {}).violations.length, 1)
  const both = { key: asMade, base: is({ kind: 'Committed' }, ['file', bytesOf(before)]) }
  assert.is(judge(lines, both).violations.length, 1)
})

test('an answer that should have been another is noticed', () => {
  const refused = judge([called(prepare), ended('AlreadyExists')], {})
  assert.match(refused.violations[0] ?? '', /should be done, ended as AlreadyExists/)
  const done = judge([called(prepare, 'refused'), ended('done')], { key: is() })
  assert.match(done.violations[0] ?? '', /should be refused, ended as done/)
  const fault = judge([called(prepare, 'either'), ended('BackendFault')], {})
  assert.match(fault.violations[0] ?? '', /should be either, ended as BackendFault/)
})

test(
  'directories that are missing or belong to nothing are noticed',
  inDirectory(async (layers) => {
    for (const path of ['snapshots/1', 'scratch', 'meta', 'tables', 'mounts'])
      mkdirSync(join(layers, path), { recursive: true })
    writeFileSync(join(layers, 'meta/1.json'), '')
    const ids = { seq: 0, highest: 2, living: new Set([1]) }
    assert.equal(strayIn(layers, ids), [])
    for (const path of ['snapshots/rm-2', 'scratch/2', 'mounts/1']) mkdirSync(join(layers, path))
    ids.living.add(3)
    assert.equal(strayIn(layers, ids), [
      'the directory of 3 is gone',
      'snapshots/rm-2 belongs to nothing',
      'mounts/1 is still there',
      'scratch/2 belongs to nothing',
    ])
  }),
)

test('ids that are given again and directories without a record are noticed in the log', async () => {
  const events = [
    { type: 'PrepareAccepted', data: { id: 1 } },
    { type: 'Prepared', data: { id: 1 } },
    { type: 'PrepareAccepted', data: { id: 2 } },
    { type: 'Prepared', data: { id: 2 } },
    { type: 'Removed', data: { id: 1 } },
    { type: 'PrepareAccepted', data: { id: 1 } },
    { type: 'Quarantined', data: { directories: ['rm-9-1'] } },
  ]
  async function* read(from: number) {
    yield E.right(events.slice(from).map((event, index) => JSON.stringify({ ...event, seq: from + index + 1 })))
  }
  const ids = { seq: 2, highest: 1, living: new Set([1]) }
  assert.equal(await follow({ read }, ids), ['record 6 gives the id 1 again', 'record 7: rm-9-1 had no record'])
  assert.equal(ids, { seq: 7, highest: 2, living: new Set([2]) })
})

test.run()
