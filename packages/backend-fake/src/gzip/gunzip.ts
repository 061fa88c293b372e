import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { badBlob, type ByteStream, type InvalidArgument } from '@varve/core/ports'
import { type Bits, bitsOf } from './bits.js'
import { crc32 } from './crc32.js'
import { inflate } from './inflate.js'

/** Bits of a member's flags (RFC 1952, 2.3.1). */
const flag = { headerChecksum: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const

const readHeader = async (bits: Bits<unknown>): Promise<void> => {
  let crc = 0
  const byte = async (): Promise<number> => {
    await bits.ensure(1)
    const value = bits.take(8)
    crc = crc32(Uint8Array.of(value), crc)
    return value
  }
  const text = async (): Promise<void> => {
    while ((await byte()) !== 0);
  }
  if ((await byte()) !== 0x1f || (await byte()) !== 0x8b) throw new Error('something else than a member')
  if ((await byte()) !== 8) throw new Error('an unknown compression method')
  const flags = await byte()
  if ((flags & flag.reserved) !== 0) throw new Error('a header with a reserved flag')
  for (let rest = 6; rest > 0; rest--) await byte()
  if ((flags & flag.extra) !== 0) for (let rest = (await byte()) + (await byte()) * 256; rest > 0; rest--) await byte()
  if ((flags & flag.name) !== 0) await text()
  if ((flags & flag.comment) !== 0) await text()
  const expected = crc & 0xffff
  if ((flags & flag.headerChecksum) !== 0 && (await byte()) + (await byte()) * 256 !== expected)
    throw new Error('a header with a wrong checksum')
}

async function* member(bits: Bits<unknown>): AsyncGenerator<Uint8Array> {
  await readHeader(bits)
  let crc = 0
  let size = 0
  for await (const chunk of inflate(bits)) {
    crc = crc32(chunk, crc)
    size += chunk.length
    if (chunk.length > 0) yield chunk
  }
  await bits.ensure(8)
  const number = (): number => bits.take(16) + bits.take(16) * 2 ** 16
  if (number() !== crc) throw new Error('a member with a wrong checksum')
  if (number() !== size % 2 ** 32) throw new Error('a member of another length than it says')
}

/** What gzip data of one or more members decompresses to. What is none, anything behind the last member too, is InvalidArgument. */
export async function* gunzip<F>(bytes: ByteStream<F>): AsyncGenerator<Either<F | InvalidArgument, Uint8Array>> {
  const bits = bitsOf(bytes)
  try {
    do {
      for await (const chunk of member(bits)) yield E.right(chunk)
      await bits.ensure(1)
    } while (bits.here() > 0)
    const left = bits.left()
    if (left !== undefined) yield left
  } catch (error) {
    const found = `${error instanceof Error ? error.message : String(error)} by byte ${bits.taken()}`
    yield bits.left() ?? E.left(badBlob('gzip', found))
  } finally {
    await bits.close()
  }
}
