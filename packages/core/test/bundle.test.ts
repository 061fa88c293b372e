import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import {
  bundleStore,
  exportBundle,
  importBundle,
  openHistory,
  redecide,
  storeFault,
  versions,
  type Bundle,
  type BundleFault,
  type EventStore,
} from '@varve/core'
import { exportBundle as exportPromised, importBundle as importPromised } from '@varve/core/promise'
import { actions, recordedIn, runActions } from './support/actions.js'
import { storeOf } from './support/histories.js'
import { beginning, replayed, sealed, sha256 } from './support/logs.js'
import { arrayStore } from './support/memory.js'
import { checkAsync } from './support/random.js'
import { ok, open, refused, rejection } from './support/runtime.js'
import { turns } from './support/clock.js'

const bytesOf = async (store: EventStore, profile?: 'windows-layer'): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  for await (const bytes of exportBundle(store, profile === undefined ? {} : { profile })) {
    if (E.isLeft(bytes)) throw new Error(bytes.left.message)
    chunks.push(bytes.right)
  }
  // A copy: pieces of a Buffer are not their own.
  return new Uint8Array(Buffer.concat(chunks))
}

/** The bytes in chunks of odd lengths, which cut lines and characters. */
async function* inChunks(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) {
    yield bytes.slice(at, at + length)
    await Promise.resolve()
  }
}

const journalled = async (): Promise<ReturnType<typeof arrayStore>> => {
  const store = arrayStore()
  const snapshotter = await open({ store, journal: true })
  await ok(snapshotter.prepare('é層\u{1f600}', { labels: { x: '1' } }))
  await ok(snapshotter.commit('base', 'é層\u{1f600}'))
  await ok(snapshotter.prepare('b', { parent: 'base' }))
  await ok(snapshotter.close())
  return store
}

test('a bundle that was exported is imported as it was', async () => {
  await checkAsync(
    fc.asyncProperty(actions, fc.integer({ min: 1, max: 3_000 }), async (taken, length) => {
      const records = sealed(recordedIn(runActions(taken)))
      const { hash } = replayed(records)
      const expected: Omit<Bundle, 'log'> = {
        head: { seq: records.length, hash },
        profile: 'bind',
        versions: versions.newest,
        records,
        inputs: [],
      }
      const bytes = await bytesOf(storeOf(records))
      const { log: _log, ...found } = await ok(importBundle(inChunks(bytes, length), { sha256 }))
      assert.equal(found, expected)
    }),
    40,
  )
})

test('a bundle holds the log, its head, the profile, the versions, the records and the inputs', async () => {
  const store = await journalled()
  const bytes = await bytesOf(store, 'windows-layer')
  const bundle = await ok(importBundle(bytes))
  assert.is(bundle.log, '5a1d9ad3-5b1c-4f0e-8b0e-000000000001')
  assert.equal(bundle.head, { seq: 7, hash: store.texts[6]?.slice(-66, -2) })
  assert.is(bundle.profile, 'windows-layer')
  assert.equal(bundle.versions, versions.newest)
  assert.equal(bundle.records, store.texts)
  assert.equal(
    bundle.inputs,
    [...store.rowsKept].filter(([key]) => key.startsWith('i')).map(([key, value]) => ({ key, value })),
  )
  assert.equal(redecide(bundle), E.right({ inputs: 6, divergence: null }))
  assert.equal(await ok(importBundle(new TextDecoder().decode(bytes))), bundle)
  assert.equal(await ok(importBundle(new TextDecoder().decode(bytes).replaceAll('\n', '\r\n'))), bundle)
  assert.equal(await ok(importBundle(bytes.slice(0, -1))), bundle, 'without the last end of line')
  assert.equal(await ok(importBundle(inChunks(bytes, 1))), bundle, 'byte by byte')
})

test('an empty log is a bundle too', async () => {
  const bundle = await ok(importBundle(await bytesOf(arrayStore())))
  assert.equal([bundle.head, bundle.records], [{ seq: 0, hash: beginning().hash }, []])
})

const faultOf = async (content: string | Uint8Array): Promise<BundleFault> => {
  const fault = await refused(importBundle(content, { sha256 }))
  assert.is(fault._tag, 'StoreFault')
  return fault as BundleFault
}

test('a bit turned over anywhere is noticed, and the line is named', async () => {
  const bytes = await bytesOf(await journalled())
  let line = 1
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of at % 3 === 0 ? [at & 7, 7] : [at & 7]) {
      const spoilt = bytes.slice()
      spoilt[at] = (bytes[at] as number) ^ (1 << bit)
      // An end of line that is none joins two lines, and a byte that becomes one cuts a line: the first of them is wrong.
      const fault = await faultOf(spoilt)
      assert.equal([fault.code, fault.line], ['DAMAGED_BUNDLE', line], `bit ${bit} of byte ${at}: ${fault.message}`)
      assert.match(fault.message, `line ${line} of the bundle`)
    }
    if (bytes[at] === 10) line++
  }
})

test('lines that are missing, twice, swapped or put in are noticed', async () => {
  const lines = new TextDecoder()
    .decode(await bytesOf(await journalled()))
    .trimEnd()
    .split('\n')
  const lineOf = async (changed: readonly string[]): Promise<number> => (await faultOf(changed.join('\n'))).line
  for (let at = 0; at < lines.length; at++) {
    assert.is(await lineOf(lines.toSpliced(at, 1)), at + 1, `without line ${at + 1}`)
    assert.is(await lineOf(lines.slice(0, at)), at + 1, `cut before line ${at + 1}`)
    assert.is(await lineOf(lines.toSpliced(at, 0, lines[at] ?? '')), at + 2, `line ${at + 1} twice`)
    assert.is(await lineOf(lines.toSpliced(at, 0, '')), at + 1, `an empty line before line ${at + 1}`)
    if (at > 0) assert.is(await lineOf(lines.with(at, lines[at - 1] ?? '').with(at - 1, lines[at] ?? '')), at)
  }
})

test('what a fault says', async () => {
  const lines = new TextDecoder()
    .decode(await bytesOf(await journalled()))
    .trimEnd()
    .split('\n')
  const advice = '; fetch it again from where it was written'
  const messageOf = async (changed: readonly string[]): Promise<string> => (await faultOf(changed.join('\n'))).message
  assert.is(
    await messageOf(lines.with(3, (lines[3] ?? '').replace('"id":1', '"id":2'))),
    `line 4 of the bundle is damaged: record 3 does not follow from the line before${advice}`,
  )
  assert.is(await messageOf(lines.slice(0, 5)), `line 6 of the bundle is missing (4 of 7 records came)${advice}`)
  assert.is(await messageOf(['x']), `line 1 of the bundle is not the head of a bundle${advice}`)
  assert.is(await messageOf([...lines, 'x']), `line ${lines.length + 1} of the bundle comes after the end${advice}`)
})

/** A bundle whose head says something else, sealed as well as any. */
const resealed = async (change: (body: string) => string): Promise<string> => {
  const lines = new TextDecoder().decode(await bytesOf(await journalled())).split('\n')
  const body = change(`${(lines[0] ?? '').slice(0, -',"hash":""}'.length - 64)}}`)
  const hash = sha256(body)
  return lines.with(0, `${body.slice(0, -1)},"hash":"${hash}"}`).join('\n')
}

test('a bundle of another version, or whose head is sealed well and says nothing that can be, is refused', async () => {
  const ending = async (change: (body: string) => string): Promise<string> => {
    const { code, line } = await faultOf(await resealed(change))
    return `${code} ${line}`
  }
  assert.is(await ok(importBundle(await resealed((body) => body), { sha256 })).then(({ records }) => records.length), 7)
  assert.is(await ending((body) => body.replace('"bundle":1', '"bundle":2')), 'UNKNOWN_VERSION 1')
  assert.is(await ending((body) => body.replace('"profile":"bind"', '"profile":"b"')), 'DAMAGED_BUNDLE 1')
  assert.is(await ending((body) => body.replace('"seq":7', '"seq":"7"')), 'DAMAGED_BUNDLE 1')
  assert.is(await ending((body) => body.replace('"head":{', '"had":{')), 'DAMAGED_BUNDLE 1')
  assert.is(await ending((body) => body.replace('"log":"', '"log":7,"l":"')), 'DAMAGED_BUNDLE 1')
  assert.is(await ending((body) => body.replace('"versions":{', '"v":{')), 'DAMAGED_BUNDLE 1')
  assert.is(await ending((body) => body.replace('"seq":7', '"seq":6')), 'DAMAGED_BUNDLE 7')
})

test('an end that counts other inputs than came is refused', async () => {
  const lines = new TextDecoder()
    .decode(await bytesOf(await journalled()))
    .trimEnd()
    .split('\n')
  const body = '{"inputs":7}'
  const hash = sha256((lines.at(-2) ?? '').slice(-66, -2) + body)
  const { code, message } = await faultOf(
    lines.with(lines.length - 1, `${body.slice(0, -1)},"hash":"${hash}"}`).join('\n'),
  )
  assert.is(code, 'DAMAGED_BUNDLE')
  assert.match(message, /^line 15 of the bundle counts 7 inputs, and 6 came;/)
})

test('a source that can not be read is a fault', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of(123)
    throw new Error('the cable was pulled')
  }
  const fault = (await refused(importBundle(failing()))) as BundleFault
  assert.equal([fault.code, fault.message], ['UNREADABLE_BUNDLE', "the bundle can't be read: the cable was pulled"])
})

/** How an export ends, and how often the store was closed. */
const exportEnding = async (change: (store: ReturnType<typeof arrayStore>) => Partial<EventStore>): Promise<string> => {
  const inner = await journalled()
  let closed = 0
  const close: EventStore['close'] = () => async () => E.right(void closed++)
  let end = 'done'
  for await (const bytes of exportBundle({ ...inner, close, ...change(inner) })) {
    assert.is(end, 'done', 'nothing follows a fault')
    if (E.isLeft(bytes)) end = bytes.left.code
  }
  return `${end} ${closed}`
}

test('a log that can not be read or is not whole makes no bundle, and the store is closed', async () => {
  const fault = E.left(storeFault('no', 'EIO'))
  const failing = async function* () {
    yield fault
  }
  assert.is(await exportEnding(() => ({})), 'done 1')
  assert.is(await exportEnding(() => ({ open: () => async () => fault })), 'EIO 0')
  assert.is(await exportEnding(() => ({ read: failing })), 'EIO 1')
  assert.is(await exportEnding(() => ({ rows: failing })), 'EIO 1')
  assert.is(await exportEnding((store) => (store.texts.splice(2, 1, '{}'), {})), 'CHAIN_BROKEN 1')
  const longer = { log: '', head: { seq: 8, hash: sha256('') } }
  assert.is(await exportEnding(() => ({ open: () => async () => E.right(longer) })), 'STALE_HEAD 1')
})

test('an export that is left closes the store', async () => {
  const inner = await journalled()
  let closed = 0
  const close: EventStore['close'] = () => async () => E.right(void closed++)
  for await (const bytes of exportBundle({ ...inner, close })) if (E.isRight(bytes)) break
  await turns(1)
  assert.is(closed, 1)
})

test('a bundle is a store that is read: for a history, not for writing', async () => {
  const inner = await journalled()
  const bundle = await ok(importBundle(await bytesOf(inner)))
  const store = bundleStore(bundle)
  const history = await ok(openHistory(store))
  assert.is((await ok(history.at(7))).state.seq, 7)
  for await (const texts of store.read(5)) assert.equal(texts, E.right(bundle.records.slice(5)))
  assert.is((await ok(history.explain('base'))).now, 'Committed')
  const fault = (await refused(store.append(bundle.head, []))) as { readonly _tag: string; readonly code?: string }
  assert.is(fault.code, 'READ_ONLY')
  assert.equal(await bytesOf(store), await bytesOf(inner))
  const none: unknown[] = []
  for await (const rows of store.rows('s')) none.push(rows)
  assert.equal(none, [])
})

test('as promises', async () => {
  const chunks: Uint8Array[] = []
  for await (const bytes of exportPromised(await journalled())) chunks.push(bytes)
  const bytes = Buffer.concat(chunks)
  assert.is((await importPromised(bytes)).records.length, 7)
  const error = await rejection(importPromised(bytes.subarray(0, 3)))
  assert.equal([error['_tag'], error['code'], error['line']], ['StoreFault', 'DAMAGED_BUNDLE', 1])
})

test.run()
