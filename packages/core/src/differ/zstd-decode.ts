import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import type { InvalidArgument } from '../model/fault.js'
import { xxh64 } from './xxh64.js'
import { badBlob, type ZstdPiece, zstdPieces } from './zstd-pieces.js'

/** Decodes one frame, piece by piece; throws at what it can't decode. fzstd's `Decompress` is one. */
export type ZstdFrameDecoder = { readonly push: (bytes: Uint8Array, isLast: boolean) => void }

type NewDecoder = (onData: (bytes: Uint8Array) => void) => ZstdFrameDecoder
type Header = Extract<ZstdPiece, { readonly part: 'header' }>

const flagsAt = 4
const checksumFlag = 4

/** The decoder takes a checksum for a part of its input and has no use for it. */
const withoutChecksum = (header: Uint8Array): Uint8Array => {
  const copy = header.slice()
  copy[flagsAt] = (copy[flagsAt] ?? 0) & ~checksumFlag
  return copy
}

type Frame = {
  /** What the piece decodes to. Throws at what can't be decoded. */
  readonly decode: (piece: ZstdPiece) => readonly Uint8Array[]
}

const frameOf = (header: Header, newDecoder: NewDecoder): Frame => {
  const decoded: Uint8Array[] = []
  const decoder = newDecoder((data) => void decoded.push(data))
  const hasChecksum = ((header.bytes[flagsAt] ?? 0) & checksumFlag) !== 0
  const hash = hasChecksum ? xxh64() : undefined
  let size = 0
  const pushed = (bytes: Uint8Array, isLast: boolean): readonly Uint8Array[] => {
    decoder.push(bytes, isLast)
    const data = decoded.splice(0).filter(({ length }) => length > 0)
    for (const part of data) {
      size += part.length
      hash?.update(part)
    }
    if (isLast && header.contentSize !== undefined && size !== header.contentSize)
      throw new Error(`a frame of ${size} bytes whose header says ${header.contentSize}`)
    return data
  }
  const check = (checksum: Uint8Array): void => {
    const expected = new DataView(checksum.buffer, checksum.byteOffset).getUint32(0, true)
    if (BigInt.asUintN(32, hash?.digest() ?? 0n) !== BigInt(expected)) throw new Error('a frame with a wrong checksum')
  }
  return {
    decode: (piece) => {
      if (piece.part === 'header') return pushed(withoutChecksum(piece.bytes), false)
      if (piece.part === 'block') return pushed(piece.bytes, piece.isLast)
      check(piece.bytes)
      return []
    },
  }
}

/** Decodes zstd data with a decoder in JavaScript, made anew for every frame and fed one block at a time. */
export async function* decodeZstd<F>(
  bytes: AsyncIterable<Either<F, Uint8Array>>,
  newDecoder: NewDecoder,
): AsyncGenerator<Either<F | InvalidArgument, Uint8Array>> {
  let frame: Frame | undefined
  for await (const piece of zstdPieces(bytes)) {
    if (E.isLeft(piece)) return yield piece
    let decoded: readonly Uint8Array[]
    try {
      if (piece.right.part === 'header') frame = frameOf(piece.right, newDecoder)
      decoded = frame?.decode(piece.right) ?? []
    } catch (error) {
      return yield E.left(badBlob('zstd', error instanceof Error ? error.message : String(error)))
    }
    for (const data of decoded) yield E.right(data)
  }
}
