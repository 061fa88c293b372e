import { readdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { foldName } from '../src/model/names.js'
import { decoded, encoded, right, tarOf, wholes, type Decoded } from './support/tar.js'
import { chunkings } from './support/tar-arbitrary.js'
import { mutated, mutations } from './support/tar-mutations.js'
import { check } from './support/random.js'

/** `VARVE_FUZZ=1000000` for a long run. */
const runs = Number.parseInt(process.env['VARVE_FUZZ'] ?? '', 10) || 2000

const names = ['base', 'child', 'archive-tar', 'bsdtar-pax', 'gnu-tar-gnu', 'gnu-tar-pax', 'gnu-tar-v7', 'tar-stream']
const tars = new Map(names.map((name) => [name, tarOf(name)] as const))

const isInside = (name: string): boolean =>
  /^(?:Files|Hives|UtilityVM)(?:\/[^/\\:*?"<>|]+)*$/.test(name) &&
  Array.from(name).every((character) => character >= ' ') &&
  name.split('/').every((part) => !/^\.+$|[. ]$|^\.wh\./.test(part))

/** What must hold of every layer that was let in, told without the decoder's own rules. */
const isSafe = (all: readonly Decoded[], isBase: boolean): void => {
  const seen = new Map<string, string>()
  for (const { entry, body } of all) {
    assert.ok(isInside(entry.name), entry.name)
    assert.is(body.length, 'size' in entry ? entry.size : 0)
    if (entry.type === 'stream') continue
    const folders = foldName(entry.name).split('/').slice(0, -1)
    for (let depth = 1; depth <= folders.length; depth++) {
      const above = folders.slice(0, depth).join('/')
      assert.is(seen.get(above) ?? 'directory', 'directory', `${entry.name} below ${above}`)
      seen.set(above, 'directory')
    }
    if (entry.type === 'link') {
      assert.ok(isInside(entry.target) && /^(?:UtilityVM\/)?Files\//.test(entry.target), entry.target)
      const target = seen.get(foldName(entry.target))
      assert.ok(['file', 'link', 'symlink', ...(isBase ? [] : [undefined, 'whiteout'])].includes(target), entry.target)
    }
    if (entry.type === 'opaque') continue
    const key = foldName(entry.name)
    const before = seen.get(key)
    assert.ok(before === undefined || (before === 'directory' && entry.type === 'directory'), entry.name)
    assert.not.ok(isBase && entry.type === 'whiteout')
    seen.set(key, entry.type)
  }
}

/** Whether the tar was let in. */
const judge = (tar: Uint8Array, isBase: boolean, lengths: readonly number[]): boolean => {
  const result = decoded(tar, { isBase }, lengths)
  if (E.isLeft(result)) {
    const { _tag, entry, offset, message } = result.left
    assert.is(_tag, 'InvalidArgument')
    assert.type(entry, 'string')
    assert.ok(offset >= 0 && offset <= tar.length, `offset ${offset} of ${tar.length}`)
    assert.match(message, /^tar entry .* at byte \d+ must .*; found .*: invalid argument$/s)
    return false
  }
  isSafe(result.right, isBase)
  const layer = wholes(result.right)
  assert.ok(
    isDeepStrictEqual(wholes(right(decoded(right(encoded(layer)), { isBase }))), layer),
    'written and read again',
  )
  return true
}

test('mutated tars are refused or safe, and nothing else', () => {
  const letIn = new Map<string, number>()
  const change = fc.record({
    name: fc.constantFrom(...names),
    changes: mutations,
    isSummed: fc.boolean(),
    isBase: fc.boolean(),
    lengths: fc.oneof(fc.constant([Infinity]), chunkings),
  })
  check(
    fc.property(change, ({ name, changes, isSummed, isBase, lengths }) => {
      const tar = mutated(tars.get(name) ?? new Uint8Array(), changes, isSummed)
      if (judge(tar, isBase, lengths)) letIn.set(name, (letIn.get(name) ?? 0) + 1)
    }),
    runs,
  )
  const sum = [...letIn.values()].reduce((total, count) => total + count, 0)
  assert.ok(sum > runs / 100 && sum < runs * 0.9, `${sum} of ${runs} were let in`)
  if (runs > 2000) console.log(`${runs} mutated tars, ${sum} of them let in`)
})

test('bytes at random are refused', () => {
  check(
    fc.property(fc.uint8Array({ minLength: 512, maxLength: 2048 }), fc.boolean(), (bytes, isBase) => {
      judge(bytes, isBase, [Infinity])
    }),
    Math.min(runs, 20_000),
  )
})

const corpus = readdirSync(new URL('../../test/fixtures/tar/corpus/', import.meta.url)).filter((name) =>
  name.endsWith('.b64'),
)
for (const file of corpus) {
  const name = file.replace(/\.tar\.gz\.b64$/, '')
  test(`what once failed: ${name}`, () => {
    for (const isBase of [true, false])
      for (const lengths of [[Infinity], [1], [100, 700]]) judge(tarOf(`corpus/${name}`), isBase, lengths)
  })
}

test.run()
