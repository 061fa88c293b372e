import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { randomInt } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryCodecs } from '../src/index.js'

const seed = Number(process.env['VARVE_SEED'] ?? randomInt(2 ** 31))
console.log(`memory-codecs.test.js: VARVE_SEED=${seed}`)

let state = seed
/** A whole number from 0 up to `below`. */
const random = (below: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}
const oneOf = <T>(...values: readonly [T, ...T[]]): T => values[random(values.length)] ?? values[0]

/** Bytes at random, of few values, or such as repeat what came up to 40,000 bytes before. */
const content = (): Buffer => {
  const bytes = Buffer.alloc(oneOf(0, 1, 10, 300, 5_000, 70_000, 300_000))
  const byte = oneOf<(at: number) => number>(
    () => random(256),
    () => random(4) * 7,
    (at) => (random(10) === 0 ? random(256) : (bytes[Math.max(0, at - 1 - random(Math.min(at + 1, 40_000)))] ?? 0)),
  )
  for (let at = 0; at < bytes.length; at++) bytes[at] = byte(at)
  return bytes
}

const gzipped = (bytes: Buffer): Buffer =>
  gzipSync(bytes, { level: random(10), strategy: random(5), windowBits: 9 + random(7), memLevel: 1 + random(9) })

const damaged = (data: Buffer): Buffer => {
  if (random(4) === 0) return data.subarray(0, random(data.length))
  const copy = Buffer.from(data)
  const end = oneOf(60, data.length)
  for (let flips = random(3); flips >= 0; flips--) {
    const at = random(Math.min(end, data.length))
    copy[at] = (copy[at] ?? 0) ^ (1 << random(8))
  }
  return copy
}

async function* pieces(data: Buffer): AsyncGenerator<Either<never, Uint8Array>> {
  for (let at = 0; at < data.length;) {
    const end = at + 1 + random(oneOf(3, 100, 5_000, 1_000_000))
    yield E.right(data.subarray(at, end))
    at = end
  }
}

const decompressed = async (data: Buffer): Promise<Buffer | undefined> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of memoryCodecs().decompress('gzip', pieces(data))) {
    if (E.isLeft(chunk)) return undefined
    chunks.push(chunk.right)
  }
  return Buffer.concat(chunks)
}

/** What zlib makes of it. It stops at a zero behind a member, which flips and cuts do not bring about. */
const byZlib = (data: Buffer): Buffer | undefined => {
  try {
    return gunzipSync(data)
  } catch {
    return undefined
  }
}

const same = (found: Buffer | undefined, expected: Buffer | undefined): boolean =>
  found === undefined || expected === undefined ? found === expected : found.equals(expected)

test('gzip data of every kind is read as zlib reads it', async () => {
  for (let run = 0; run < 60; run++) {
    const [first, second] = [content(), content()]
    const data = Buffer.concat([gzipped(first), gzipped(second)])
    assert.ok(same(await decompressed(data), Buffer.concat([first, second])), `run ${run} of seed ${seed}`)
  }
})

test('damaged gzip data is refused when zlib refuses it, and else read as zlib reads it', async () => {
  let refused = 0
  for (let run = 0; run < 300; run++) {
    const data = damaged(gzipped(content()))
    const expected = byZlib(data)
    if (expected === undefined) refused++
    assert.ok(same(await decompressed(data), expected), `run ${run} of seed ${seed}`)
  }
  assert.ok(refused > 100 && refused < 300, `${refused} refused`)
})

test.run()
