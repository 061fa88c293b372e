import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import {
  bundleEndLine,
  bundleHeadLine,
  bundleInputLine,
  bundleReader,
  type Bundle,
  type BundleFault,
} from '../log/bundle.js'
import { inputPrefix } from '../log/inputs.js'
import { isChained, noHash, type Sha256 } from '../log/record.js'
import { sha256 as pureSha256 } from '../log/sha256.js'
import { versions } from '../log/versions.js'
import { storeFault, type StoreFault } from '../model/fault.js'
import type { Profile } from '../model/snapshot.js'
import { systemClock } from './clock.js'
import { rowSliceLength } from './limits.js'
import { unreached } from './load.js'
import type { ByteStream, Clock, EventStore, Head, OpenedStore, Row } from './ports.js'

const encoder = new TextEncoder()
const bytesOf = (lines: readonly string[]): Uint8Array => encoder.encode(lines.map((line) => `${line}\n`).join(''))

async function* recordBytes(store: EventStore, head: Head): AsyncGenerator<E.Either<StoreFault, Uint8Array>> {
  let seq = 0
  let hash = noHash
  for await (const texts of store.read(0)) {
    if (E.isLeft(texts)) return yield texts
    for (const text of texts.right) {
      seq++
      if (!isChained(text, hash, store.sha256)) {
        const message = `record ${seq} does not follow record ${seq - 1}: the log was altered, and is no bundle`
        return yield E.left(storeFault(message, 'CHAIN_BROKEN'))
      }
      hash = text.slice(-66, -2)
    }
    yield E.right(bytesOf(texts.right))
  }
  if (seq !== head.seq || hash !== head.hash) yield E.left(unreached(head, seq))
}

async function* inputBytes(store: EventStore, head: Head): AsyncGenerator<E.Either<StoreFault, Uint8Array>> {
  let { hash } = head
  let inputs = 0
  for await (const rows of store.rows(inputPrefix)) {
    if (E.isLeft(rows)) return yield rows
    const lines: string[] = []
    for (const { key, value = '' } of rows.right) {
      const line = bundleInputLine(hash, { key, value }, store.sha256)
      lines.push(line.text)
      hash = line.hash
    }
    inputs += lines.length
    yield E.right(bytesOf(lines))
  }
  yield E.right(bytesOf([bundleEndLine(hash, inputs, store.sha256).text]))
}

async function* bundleBytes(
  store: EventStore,
  { log, head }: OpenedStore,
  profile: Profile,
): AsyncGenerator<E.Either<StoreFault, Uint8Array>> {
  yield E.right(bytesOf([bundleHeadLine({ log, head, profile, versions: versions.newest }, store.sha256).text]))
  for await (const bytes of recordBytes(store, head)) {
    yield bytes
    if (E.isLeft(bytes)) return
  }
  yield* inputBytes(store, head)
}

/**
 * The log of a store as one stream of bytes, with the inputs if they were kept (`journal`): everything that a replay elsewhere
 * needs. The store is opened for it, checked on the way and closed afterwards, also when the loop is left. `profile`: that of the
 * opening, default `bind`.
 */
export async function* exportBundle(
  store: EventStore,
  { profile = 'bind' }: { readonly profile?: Profile } = {},
): ByteStream<StoreFault> & AsyncGenerator {
  const opened = await store.open()()
  if (E.isLeft(opened)) return yield opened
  try {
    yield* bundleBytes(store, opened.right, profile)
  } finally {
    await store.close()()
  }
}

/** The content of a bundle: whole, or in chunks of any size, as a file is read. */
export type BundleSource = string | Uint8Array | AsyncIterable<Uint8Array>

const chunksOf = (source: BundleSource): AsyncIterable<Uint8Array> | Iterable<Uint8Array> => {
  if (typeof source === 'string') return [encoder.encode(source)]
  return source instanceof Uint8Array ? [source] : source
}

/** Lines, whose ends may be those that Windows likes. */
async function* linesOf(source: BundleSource): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunksOf(source)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}

export type ImportOptions = { readonly sha256?: Sha256; readonly clock?: Clock }

/**
 * Reads a bundle, checking every line. A damaged one is refused with the first line that is not as it was written. `replay` and
 * `redecide` take what it holds, and `bundleStore` makes a store of it.
 */
export const importBundle =
  (
    source: BundleSource,
    { sha256 = pureSha256, clock = systemClock() }: ImportOptions = {},
  ): TaskEither<BundleFault | StoreFault, Bundle> =>
  async () => {
    const reader = bundleReader(sha256)
    let lines = 0
    try {
      for await (const line of linesOf(source)) {
        const fault = reader.add(line)
        if (fault !== undefined) return E.left(fault)
        if (++lines % rowSliceLength === 0) await clock.yield()
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      return E.left(storeFault(`the bundle can't be read: ${reason}`, 'UNREADABLE_BUNDLE'))
    }
    return reader.end()
  }

async function* inBatches<A>(all: readonly A[], after: number): AsyncGenerator<E.Either<StoreFault, readonly A[]>> {
  for (let at = after; at < all.length; at += rowSliceLength) yield E.right(all.slice(at, at + rowSliceLength))
}

/** The log of a bundle as a store that can be read and not written: for `openHistory`, or a tool of your own. */
export const bundleStore = (
  { log, head, records, inputs }: Bundle,
  { sha256 = pureSha256 }: { readonly sha256?: Sha256 } = {},
): EventStore => ({
  sha256,
  open: () => async () => E.right({ log, head }),
  append: () => async () => E.left(storeFault('a bundle is read, not written: nothing was appended', 'READ_ONLY')),
  read: (after) => inBatches(records, after),
  rows: (prefix) =>
    inBatches<Row>(
      inputs.filter(({ key }) => key.startsWith(prefix)),
      0,
    ),
  close: () => async () => E.right(undefined),
})
