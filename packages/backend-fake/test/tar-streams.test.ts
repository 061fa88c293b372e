import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { backendFault, type Backend, type ByteStream, type Failure, type Progress } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { PlannedFault } from '../src/index.js'
import { create, seal } from './support/acts.js'
import { execute, kinds, left, open, right, withBackend } from './support/backends.js'
import { chunksOf, collected, exportOf, importInto, mebibyte, tar, unpackOnly, type Watch } from './support/streams.js'
import { importing, item, tarOf } from './support/tars.js'

const { file } = item

const codeOf = (failure: Failure): unknown => ('code' in failure ? failure.code : failure._tag)

const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

for (const [name, kind] of Object.entries(kinds)) {
  const law = (title: string, body: (backend: Backend) => Promise<void>, faults: readonly PlannedFault[] = []): void =>
    test(`${name}: ${title}`, () => withBackend(kind, body, faults))

  law('a tar in chunks of any size goes in and comes out in chunks of 256 KiB', async (backend) => {
    for (const length of [1_000, 65_536, 262_144, 5 * mebibyte]) {
      if (length === 1_000) await right(execute(backend, unpackOnly))
      const reports: Progress[] = []
      const result = await right(importInto(backend, chunksOf(tar, length), undefined, (one) => reports.push(one)))
      assert.equal(result, { type: 'LayerImported', usage: await right(backend.usage(1)), entries: 52 })
      assert.equal(reports.at(-1), { intent: '107', layer: 1, files: 52, bytes: 6 * mebibyte + 440 })
      const lengths: number[] = []
      const parts: Uint8Array[] = []
      for await (const chunk of exportOf(backend)) {
        if (E.isLeft(chunk)) throw new Error(chunk.left.message)
        lengths.push(chunk.right.length)
        parts.push(chunk.right)
      }
      assert.is(Buffer.compare(Buffer.concat(parts), tar), 0)
      assert.ok(
        lengths.slice(0, -1).every((one) => one === 262_144),
        String(lengths),
      )
    }
  })

  law('chunks that are part of something larger are copied, not taken', async (backend) => {
    await right(execute(backend, unpackOnly))
    const whole = tar.slice()
    const views = (async function* () {
      for (let at = 0; at < whole.length; at += mebibyte) yield E.right(whole.subarray(at, at + mebibyte))
    })()
    await right(importInto(backend, views))
    assert.is(whole.length, tar.length, 'the buffer is still there')
    assert.is(Buffer.compare(await collected(exportOf(backend)), tar), 0)
  })

  law('a failure of the stream is that of the intent, and the layer is empty', async (backend) => {
    await right(execute(backend, unpackOnly))
    const fault = backendFault('the source went away', 0x8007001f)
    const failing = (async function* (): ByteStream<Failure> {
      yield E.right(tar.slice(0, 2 * mebibyte))
      yield E.left(fault)
    })()
    assert.equal(await left(importInto(backend, failing)), fault)
    assert.is((await right(backend.usage(1))).size, 0)
    const throwing = (async function* (): ByteStream<Failure> {
      yield E.right(tar.slice(0, 1_000))
      throw new Error('broken stream')
    })()
    assert.match((await left(importInto(backend, throwing))).message, 'broken stream')
    assert.match((await left(execute(backend, importing(1)))).message, 'no tar was given')
    await right(importInto(backend, chunksOf(tar, mebibyte)))
  })

  law('a tar that is refused is not pulled to its end', async (backend) => {
    await right(execute(backend, unpackOnly))
    const watch: Watch = { pulled: 0, ended: false }
    const endless = new Uint8Array(60 * mebibyte)
    endless.set(tarOf(file('Files/a', 'a')).subarray(0, 1024))
    endless.set(new Uint8Array(512).fill(7), 2_048)
    const refused = await left(importInto(backend, chunksOf(endless, 262_144, watch)))
    assert.is(refused._tag, 'InvalidArgument', refused.message)
    for (let turns = 0; turns < 100 && !watch.ended; turns++) await later(5)
    assert.ok(watch.ended, 'the stream was left')
    assert.ok(watch.pulled < 20 * mebibyte, `${watch.pulled} bytes were pulled`)
  })

  law('a slow disk holds up the stream, a slow reader the disk', async (backend) => {
    await right(execute(backend, unpackOnly))
    await right(importInto(backend, chunksOf(tar, mebibyte)))
    const reports: Progress[] = []
    const stream = exportOf(backend, undefined, (one) => reports.push(one))[Symbol.asyncIterator]()
    await later(20)
    assert.is(reports.length, 0, 'it begins at the first next()')
    await stream.next()
    await later(100)
    await stream.next()
    assert.ok((reports.at(-1)?.bytes ?? 0) <= 13 * 262_144, `${reports.at(-1)?.bytes} bytes were read ahead`)
    await stream.return?.()
    await right(execute(backend, seal(1, { purpose: 'unpack', applied: true })))
  })

  law('a signal cancels an import in the middle, also while nothing comes', async (backend) => {
    await right(execute(backend, unpackOnly))
    const abort = new AbortController()
    const stuck = (async function* (): ByteStream<Failure> {
      yield E.right(tar.slice(0, 3 * mebibyte))
      abort.abort()
      await new Promise(() => undefined)
    })()
    const cancelled = await left(importInto(backend, stuck, abort.signal))
    assert.is(codeOf(cancelled), 0x800704c7)
    assert.is((await right(backend.usage(1))).size, 0)
    const before = await left(importInto(backend, chunksOf(tar, mebibyte), AbortSignal.abort()))
    assert.is(codeOf(before), 0x800704c7)
    await right(importInto(backend, chunksOf(tar, mebibyte)))
    assert.is(
      codeOf(await left(execute(backend, seal(1, { purpose: 'unpack', applied: true }), AbortSignal.abort()))),
      0x800704c7,
    )
    assert.is(Buffer.compare(await collected(exportOf(backend)), tar), 0, 'what was applied is still there')
  })

  law('a signal, or closing, ends an export', async (backend) => {
    await right(execute(backend, unpackOnly))
    await right(importInto(backend, chunksOf(tar, mebibyte)))
    const abort = new AbortController()
    const last: unknown[] = []
    for await (const chunk of exportOf(backend, abort.signal)) {
      last.push(E.isLeft(chunk) ? codeOf(chunk.left) : 'bytes')
      abort.abort()
    }
    assert.is(last.at(-1), 0x80004004)
    assert.ok(last.length < 20)
    const reading = exportOf(backend)[Symbol.asyncIterator]()
    await reading.next()
    await right(backend.close())
    let ending = await reading.next()
    while (ending.done !== true && E.isRight(ending.value)) ending = await reading.next()
    assert.ok(ending.done !== true && E.isLeft(ending.value))
    for await (const chunk of exportOf(backend)) assert.is(E.isLeft(chunk) && codeOf(chunk.left), 0x80070015)
    await right(open(backend))
    assert.is(Buffer.compare(await collected(exportOf(backend)), tar), 0)
  })

  law('several at once', async (backend) => {
    const layers = [1, 2, 3, 4]
    for (const layer of layers) await right(execute(backend, create(layer, { purpose: 'unpack' })))
    const { signal } = new AbortController()
    await Promise.all(
      layers.map((layer) =>
        right(backend.execute(importing(layer), { signal, progress: () => undefined, tar: chunksOf(tar, 100_000) })),
      ),
    )
    const tars = await Promise.all(
      layers.map((id) => collected(backend.exportLayer({ id, parents: [] }, { signal, progress: () => undefined }))),
    )
    for (const one of tars) assert.is(Buffer.compare(one, tar), 0)
  })

  law(
    'faults on demand hold for ImportLayer too',
    async (backend) => {
      await right(execute(backend, unpackOnly))
      assert.is(codeOf(await left(importInto(backend, chunksOf(tar, mebibyte)))), 0x80070005)
      assert.is(codeOf(await left(importInto(backend, chunksOf(tar, mebibyte)))), 0x8007000e)
      assert.ok((await right(backend.usage(1))).size > 0, 'it was cut, so it left what it had made')
      await right(importInto(backend, chunksOf(tar, mebibyte)))
      assert.is(Buffer.compare(await collected(exportOf(backend)), tar), 0)
    },
    [
      { intent: 'ImportLayer', time: 1, code: 0x80070005 },
      { intent: 'ImportLayer', time: 2, code: 0x8007000e, cutAfter: 80 },
    ],
  )
}

test('memory: a stream is not pulled further than its layer can take', () =>
  withBackend(kinds.memory, async (backend) => {
    await right(execute(backend, unpackOnly))
    const long = tarOf(...Array.from({ length: 900 }, (_, at) => file(`Files/${at}`, new Uint8Array(100_000))))
    const watch: Watch = { pulled: 0, ended: false }
    const ahead: number[] = []
    const note = ({ bytes }: Progress): void => void ahead.push(watch.pulled - bytes)
    await right(importInto(backend, chunksOf(long, 262_144, watch), undefined, note))
    assert.ok(ahead.length > 3, 'it was over in a moment')
    assert.ok(Math.max(...ahead) < 12 * 262_144 + 900 * 2_048, String(ahead))
  }))

test('an export that is left lying about does not hold the process, and one that is read does', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'varve-held-'))
  const index = new URL('../src/index.js', import.meta.url).href
  const tars = new URL('./support/tars.js', import.meta.url).href
  const program = `
    import { fakeBackend } from ${JSON.stringify(index)}
    import { importing, item, tarOf } from ${JSON.stringify(tars)}
    const backend = fakeBackend({ root: ${JSON.stringify(root)} })
    await backend.open({ log: 'a', unclaimed: async () => [] })()
    const options = { signal: new AbortController().signal, progress: () => {} }
    const intent = { type: 'CreateLayer', id: '1', layer: 1, key: 'k', kind: 'Active', parents: [], purpose: 'unpack', labels: {}, profile: 'bind', scratch: null }
    await backend.execute(intent, options)()
    const bytes = tarOf(item.folder('Files'), item.file('Files/large', new Uint8Array(9_000_000)))
    const { length } = bytes
    const tar = (async function* () { yield { _tag: 'Right', right: bytes } })()
    console.log((await backend.execute(importing(1), { ...options, tar })())._tag)
    let read = 0
    for await (const chunk of backend.exportLayer({ id: 1, parents: [] }, options)) read += chunk.right.length
    process.stdout.write(String(read === length) + '\\n')
    await backend.exportLayer({ id: 1, parents: [] }, options)[Symbol.asyncIterator]().next()
    console.log('left')`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  fs.rmSync(root, { recursive: true })
  assert.equal([status, stdout + stderr], [0, 'Right\ntrue\nleft\n'])
})

test.run()
