import type { Bits } from './bits.js'
import { type Code, codeOf, symbolIn } from './huffman.js'
import { newWindow, type Window } from './window.js'

type Codes = { readonly literals: Code; readonly distances: Code }

/** Base values and extra bits of the symbols for lengths, from 257 on, and distances (RFC 1951, 3.2.5). */
const lengthExtra = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0)
const distanceExtra = Uint8Array.from({ length: 30 }, (_, symbol) => Math.max(0, (symbol >> 1) - 1))
const basesOf = (extra: Uint8Array, first: number): Uint16Array => {
  let base = first
  return Uint16Array.from(extra, (bits) => {
    base += 1 << bits
    return base - (1 << bits)
  })
}
const lengthBases = basesOf(lengthExtra, 3).with(28, 258)
const distanceBases = basesOf(distanceExtra, 1)

/** The order in which the lengths of the codes for lengths come (RFC 1951, 3.2.7). */
const orderOfLengths = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const

const endOfBlock = 256
/** More than the codes of a block or one symbol with its copy can take. */
const [codesBytes, symbolBytes] = [512, 8]

const fixedCodes: Codes = {
  literals: codeOf(
    Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
    'literal',
  ),
  distances: codeOf(new Uint8Array(32).fill(5), 'distance'),
}

const repeats: Readonly<Record<number, readonly [bits: number, least: number]>> = {
  16: [2, 3],
  17: [3, 3],
  18: [7, 11],
}

const lengthsIn = (bits: Bits<unknown>, code: Code, count: number): Uint8Array => {
  const lengths = new Uint8Array(count)
  for (let at = 0; at < count;) {
    const symbol = symbolIn(bits, code)
    const [extra, least] = repeats[symbol] ?? [0, 1]
    if (symbol === 16 && at === 0) throw new Error('a repeated length before the first one')
    const value = symbol < 16 ? symbol : symbol === 16 ? (lengths[at - 1] ?? 0) : 0
    const end = at + least + bits.take(extra)
    if (end > count) throw new Error('more lengths than codes')
    lengths.fill(value, at, end)
    at = end
  }
  return lengths
}

const dynamicCodes = (bits: Bits<unknown>): Codes => {
  const literals = bits.take(5) + 257
  const distances = bits.take(5) + 1
  if (literals > 286 || distances > 30) throw new Error('more symbols than there are')
  const lengths = new Uint8Array(orderOfLengths.length)
  for (const symbol of orderOfLengths.slice(0, bits.take(4) + 4)) lengths[symbol] = bits.take(3)
  const all = lengthsIn(bits, codeOf(lengths, 'length'), literals + distances)
  if (all[endOfBlock] === 0) throw new Error('no code for the end of a block')
  return {
    literals: codeOf(all.subarray(0, literals), 'literal'),
    distances: codeOf(all.subarray(literals), 'distance'),
  }
}

async function* storedBlock(bits: Bits<unknown>, window: Window): AsyncGenerator<Uint8Array> {
  bits.align()
  await bits.ensure(4)
  const length = bits.take(16)
  if (bits.take(16) !== (~length & 0xffff)) throw new Error('a stored block of unsure length')
  for (let left = length; left > 0; left--) {
    if (window.isFull()) yield window.flush()
    if (bits.here() === 0) await bits.ensure(1)
    window.put(bits.take(8))
  }
}

async function* codedBlock(
  bits: Bits<unknown>,
  window: Window,
  { literals, distances }: Codes,
): AsyncGenerator<Uint8Array> {
  for (;;) {
    if (window.isFull()) yield window.flush()
    if (bits.here() < symbolBytes) await bits.ensure(symbolBytes)
    const symbol = symbolIn(bits, literals)
    if (symbol < endOfBlock) window.put(symbol)
    else if (symbol === endOfBlock) return
    else {
      const lengthBase = lengthBases[symbol - endOfBlock - 1]
      if (lengthBase === undefined) throw new Error('a symbol that is no length')
      const length = lengthBase + bits.take(lengthExtra[symbol - endOfBlock - 1] ?? 0)
      const distance = symbolIn(bits, distances)
      const distanceBase = distanceBases[distance]
      if (distanceBase === undefined) throw new Error('a symbol that is no distance')
      window.copy(length, distanceBase + bits.take(distanceExtra[distance] ?? 0))
    }
  }
}

/** Inflates DEFLATE data (RFC 1951) up to its end, in chunks of 255 to 256 KiB. Throws at what is none. */
export async function* inflate(bits: Bits<unknown>): AsyncGenerator<Uint8Array> {
  const window = newWindow()
  for (let isLast = false; !isLast;) {
    await bits.ensure(codesBytes)
    isLast = bits.take(1) === 1
    const kind = bits.take(2)
    if (kind === 3) throw new Error('a block of reserved type')
    if (kind === 0) yield* storedBlock(bits, window)
    else yield* codedBlock(bits, window, kind === 1 ? fixedCodes : dynamicCodes(bits))
  }
  bits.align()
  yield window.flush()
}
