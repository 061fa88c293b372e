/** An XXH64 in the making, with seed 0. */
export type Xxh64 = { readonly update: (bytes: Uint8Array) => void; readonly digest: () => bigint }

// The constants of the XXH64 specification.
const prime1 = 0x9e3779b185ebca87n
const prime2 = 0xc2b2ae3d27d4eb4fn
const prime3 = 0x165667b19e3779f9n
const prime4 = 0x85ebca77c2b2ae63n
const prime5 = 0x27d4eb2f165667c5n
const stripeBytes = 32

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value)
const rotate = (value: bigint, by: bigint): bigint => BigInt.asUintN(64, (value << by) | (value >> (64n - by)))
const round = (lane: bigint, input: bigint): bigint => wrap(rotate(wrap(lane + wrap(input * prime2)), 31n) * prime1)
const merge = (hash: bigint, lane: bigint): bigint => wrap((hash ^ round(0n, lane)) * prime1 + prime4)

const finished = (start: bigint, rest: Uint8Array): bigint => {
  const view = new DataView(rest.buffer, rest.byteOffset, rest.length)
  let hash = start
  let at = 0
  for (; at + 8 <= rest.length; at += 8)
    hash = wrap(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * prime1 + prime4)
  for (; at + 4 <= rest.length; at += 4)
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint32(at, true)) * prime1), 23n) * prime2 + prime3)
  for (; at < rest.length; at++) hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint8(at)) * prime5), 11n) * prime1)
  hash = wrap((hash ^ (hash >> 33n)) * prime2)
  hash = wrap((hash ^ (hash >> 29n)) * prime3)
  return hash ^ (hash >> 32n)
}

/** The hash of which zstd frames keep the lower half. */
export const xxh64 = (): Xxh64 => {
  let [a, b, c, d] = [wrap(prime1 + prime2), prime2, 0n, wrap(-prime1)]
  let rest: Uint8Array = new Uint8Array(0)
  let length = 0
  const stripes = (bytes: Uint8Array): void => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = 0; at < bytes.length; at += stripeBytes) {
      a = round(a, view.getBigUint64(at, true))
      b = round(b, view.getBigUint64(at + 8, true))
      c = round(c, view.getBigUint64(at + 16, true))
      d = round(d, view.getBigUint64(at + 24, true))
    }
  }
  return {
    update: (bytes) => {
      length += bytes.length
      const head = bytes.subarray(0, (stripeBytes - rest.length) % stripeBytes)
      const started = Uint8Array.of(...rest, ...head)
      if (started.length > 0 && started.length < stripeBytes) {
        rest = started
        return
      }
      stripes(started)
      const whole = bytes.subarray(head.length)
      const end = whole.length - (whole.length % stripeBytes)
      stripes(whole.subarray(0, end))
      rest = whole.slice(end)
    },
    digest: () => {
      const lanes = [a, b, c, d]
      const mixed = wrap(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n))
      const start = length < stripeBytes ? prime5 : lanes.reduce(merge, mixed)
      return finished(wrap(start + BigInt(length)), rest)
    },
  }
}
