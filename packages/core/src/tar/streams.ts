import * as E from 'fp-ts/lib/Either.js'
import { invalidEntry, type InvalidEntry } from '../model/fault.js'
import { layerDecoder, type DecodeOptions, type LayerItem } from './decoder.js'
import { layerEncoder, type EncodeOptions } from './encoder.js'
import { bodySizeOf, type LayerEntry } from './entry.js'
import { paddingOf } from './header.js'

/** An entry as it comes out of a tar. A body that is left unread is skipped when the next entry is asked for. */
export type DecodedEntry = { readonly entry: LayerEntry; readonly body: AsyncIterable<Uint8Array> }

/** An entry as it goes into a tar. `body` has as many bytes as the entry says; without one it has none. */
export type EncodedEntry = { readonly entry: LayerEntry; readonly body?: AsyncIterable<Uint8Array> }

const thrown = (fault: InvalidEntry): Error => Object.assign(new Error(fault.message), fault, { name: fault._tag })

const right = <T>(result: E.Either<InvalidEntry, T>): T => {
  if (E.isLeft(result)) throw thrown(result.left)
  return result.right
}

/** The items of a tar, a chunk's at a time. */
async function* itemsOf(
  source: AsyncIterable<Uint8Array>,
  options: DecodeOptions | undefined,
): AsyncGenerator<LayerItem> {
  const decoder = layerDecoder(options)
  for await (const chunk of source) yield* right(decoder.push(chunk))
  right(decoder.end())
}

/**
 * Reads a layer's tar, as far as it is asked for. A malformed one ends in an Error that has the fields of `InvalidEntry`, its
 * `_tag` as name; the entries of the chunk at fault don't come.
 */
export async function* decodeLayer(
  source: AsyncIterable<Uint8Array>,
  options?: DecodeOptions,
): AsyncGenerator<DecodedEntry, void, undefined> {
  const items = itemsOf(source, options)
  // A promise rather than what it gives: who asks again after a failure is told again.
  let next: Promise<IteratorResult<LayerItem>> | undefined
  let current = 0
  async function* bodyOf(number: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      if (number !== current)
        throw new Error('the body of an earlier entry: read it before the next entry is asked for')
      const { done, value } = await (next ??= items.next())
      if (done === true || value.type === 'entry') return
      next = undefined
      yield value.bytes
    }
  }
  try {
    for (;;) {
      const { done, value } = await (next ??= items.next())
      if (done === true) return
      next = undefined
      if (value.type === 'entry') yield { entry: value.entry, body: bodyOf(++current) }
    }
  } finally {
    current = 0
    await items.return(undefined)
  }
}

const wrongLength = (entry: LayerEntry, offset: number, found: number): Error =>
  thrown(invalidEntry(entry.name, offset, found, `must have a body of ${bodySizeOf(entry)} bytes, as its size says`))

/**
 * Writes a layer's tar. An entry that can't be written, or whose body has another length than its size says, ends it in an
 * Error that has the fields of `InvalidEntry`, its `_tag` as name.
 */
export async function* encodeLayer(
  items: AsyncIterable<EncodedEntry> | Iterable<EncodedEntry>,
  options?: EncodeOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = layerEncoder(options)
  let offset = 0
  for await (const { entry, body } of items) {
    const headers = right(encoder.entry(entry))
    const start = offset + paddingOf(offset)
    offset += headers.length
    yield headers
    let length = 0
    for await (const bytes of body ?? []) {
      length += bytes.length
      if (length > bodySizeOf(entry)) throw wrongLength(entry, start, length)
      yield bytes
    }
    if (length < bodySizeOf(entry)) throw wrongLength(entry, start, length)
    offset += length
  }
  yield encoder.end()
}
