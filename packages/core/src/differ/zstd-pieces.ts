import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { invalidArgument, type InvalidArgument } from '../model/fault.js'

/** Largest window of a frame that is read, in bytes: what the zstd command takes without being asked for more. */
export const zstdWindowLimit = 2 ** 27

/** Part of a frame. The parts of a frame follow one another; skippable frames have none. */
export type ZstdPiece =
  | { readonly part: 'header'; readonly bytes: Uint8Array; readonly contentSize: number | undefined }
  | { readonly part: 'block'; readonly bytes: Uint8Array; readonly isLast: boolean }
  | { readonly part: 'checksum'; readonly bytes: Uint8Array }

const largestBlock = 2 ** 17
const skippedAtOnce = 2 ** 16
const frameMagic = 0xfd2fb528
const skippableMagic = 0x184d2a50

/** Why compressed data is no good: `found` says what was wrong, and where. */
export const badBlob = (kind: string, found: string): InvalidArgument =>
  invalidArgument('blob', found, `must be valid ${kind} data`)

const joined = (parts: readonly Uint8Array[], length: number): Uint8Array => {
  const [first] = parts
  if (first !== undefined && parts.length === 1) return first
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

type Source<F> = {
  /** Whether there is another byte. */
  readonly more: () => Promise<boolean>
  /** So many bytes, or undefined: then `failure` says why. */
  readonly take: (count: number) => Promise<Uint8Array | undefined>
  readonly refuse: (found: string) => void
  /** A Left of the bytes, or the first thing that was refused. */
  readonly failure: () => Either<F | InvalidArgument, never> | undefined
  /** Bytes taken so far. */
  readonly taken: () => number
  readonly close: () => Promise<void>
}

const sourceOf = <F>(bytes: AsyncIterable<Either<F, Uint8Array>>): Source<F> => {
  const chunks = bytes[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array(0)
  let taken = 0
  let failure: Either<F | InvalidArgument, never> | undefined
  const refuse = (found: string): void => {
    failure ??= E.left(badBlob('zstd', found))
  }
  const more = async (): Promise<boolean> => {
    while (held.length === 0 && failure === undefined) {
      const next = await chunks.next()
      if (next.done === true) return false
      if (E.isLeft(next.value)) failure = next.value
      else held = next.value.right
    }
    return failure === undefined && held.length > 0
  }
  const take = async (count: number): Promise<Uint8Array | undefined> => {
    const parts: Uint8Array[] = []
    for (let missing = count; missing > 0;) {
      if (!(await more())) {
        refuse(`an end after ${taken} bytes, inside a frame`)
        return undefined
      }
      const part = held.subarray(0, missing)
      held = held.subarray(part.length)
      parts.push(part)
      missing -= part.length
      taken += part.length
    }
    return joined(parts, count)
  }
  return {
    more,
    take,
    refuse,
    failure: () => failure,
    taken: () => taken,
    close: async () => void (await chunks.return?.()),
  }
}

const numberIn = (bytes: Uint8Array): number => bytes.reduceRight((number, byte) => number * 256 + byte, 0)

const windowOf = (descriptor: number): number => {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

type Header = { readonly window: number; readonly contentSize: number | undefined; readonly dictionary: number }

/** The fields behind a frame header's first byte (RFC 8878, 3.1.1.1). */
const fieldLengths = (flags: number): { window: number; dictionary: number; contentSize: number } => {
  const isSingleSegment = (flags & 0x20) !== 0
  return {
    window: isSingleSegment ? 0 : 1,
    dictionary: [0, 1, 2, 4][flags & 3] ?? 0,
    contentSize: [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0,
  }
}

const headerOf = (flags: number, fields: Uint8Array): Header => {
  const lengths = fieldLengths(flags)
  const behindWindow = fields.subarray(lengths.window)
  const size = numberIn(behindWindow.subarray(lengths.dictionary)) + (lengths.contentSize === 2 ? 256 : 0)
  return {
    window: lengths.window === 0 ? size : windowOf(fields[0] ?? 0),
    contentSize: lengths.contentSize === 0 ? undefined : size,
    dictionary: numberIn(behindWindow.subarray(0, lengths.dictionary)),
  }
}

const headerProblem = (flags: number, { window, dictionary }: Header): string | undefined => {
  if ((flags & 8) !== 0) return 'a frame header with a reserved bit'
  if (dictionary !== 0) return `a frame that needs dictionary ${dictionary}`
  if (window > zstdWindowLimit) return `a frame that needs a window of ${window} bytes (at most ${zstdWindowLimit})`
  return undefined
}

async function* blocks(source: Source<unknown>, largest: number): AsyncGenerator<ZstdPiece> {
  for (;;) {
    const at = source.taken()
    const head = await source.take(3)
    if (head === undefined) return
    const bits = numberIn(head)
    const isLast = (bits & 1) === 1
    const [kind, size] = [(bits >> 1) & 3, bits >> 3]
    if (kind === 3) return source.refuse(`a block of reserved type at byte ${at}`)
    if (size > largest) return source.refuse(`a block of ${size} bytes at byte ${at} (at most ${largest})`)
    const body = await source.take(kind === 1 ? 1 : size)
    if (body === undefined) return
    yield { part: 'block', bytes: joined([head, body], 3 + body.length), isLast }
    if (isLast) return
  }
}

async function* frame(source: Source<unknown>, magic: Uint8Array): AsyncGenerator<ZstdPiece> {
  const at = source.taken() - magic.length
  const first = await source.take(1)
  if (first === undefined) return
  const flags = first[0] ?? 0
  const { window, dictionary, contentSize } = fieldLengths(flags)
  const fields = await source.take(window + dictionary + contentSize)
  if (fields === undefined) return
  const header = headerOf(flags, fields)
  const problem = headerProblem(flags, header)
  if (problem !== undefined) return source.refuse(`${problem} at byte ${at}`)
  const bytes = joined([magic, first, fields], magic.length + 1 + fields.length)
  yield { part: 'header', bytes, contentSize: header.contentSize }
  yield* blocks(source, Math.min(header.window, largestBlock))
  if ((flags & 4) === 0 || source.failure() !== undefined) return
  const checksum = await source.take(4)
  if (checksum !== undefined) yield { part: 'checksum', bytes: checksum }
}

const skip = async (source: Source<unknown>): Promise<void> => {
  const size = await source.take(4)
  if (size === undefined) return
  for (let left = numberIn(size); left > 0; left -= skippedAtOnce)
    if ((await source.take(Math.min(left, skippedAtOnce))) === undefined) return
}

/**
 * The frames of zstd data (RFC 8878) cut into pieces of which none decodes to more than 128 KiB, so that decoders can be fed
 * without being flooded, and none is given a frame's end and the next one's beginning at once. What is no frame, needs
 * a dictionary or a window over `zstdWindowLimit`, or ends too early is InvalidArgument. Content is not decoded here.
 */
export async function* zstdPieces<F>(
  bytes: AsyncIterable<Either<F, Uint8Array>>,
): AsyncGenerator<Either<F | InvalidArgument, ZstdPiece>> {
  const source = sourceOf(bytes)
  try {
    do {
      const at = source.taken()
      const magic = await source.take(4)
      if (magic === undefined) break
      const number = numberIn(magic)
      if (number === frameMagic) for await (const piece of frame(source, magic)) yield E.right(piece)
      else if ((number & ~0xf) === skippableMagic) await skip(source)
      else source.refuse(`no frame at byte ${at}`)
    } while (await source.more())
    const failure = source.failure()
    if (failure !== undefined) yield failure
  } finally {
    await source.close()
  }
}
