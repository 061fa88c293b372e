const ascii = new TextDecoder()
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

const values = ((): Uint8Array => {
  const table = new Uint8Array(128).fill(0xff)
  for (let value = 0; value < 64; value++) table[alphabet.charCodeAt(value)] = value
  return table
})()

const codes = Uint8Array.from(alphabet, (digit) => digit.charCodeAt(0))
const pad = 0x3d

/** Base64 in the standard alphabet, padded. */
export const toBase64 = (bytes: Uint8Array): string => {
  const digits = new Uint8Array(Math.ceil(bytes.length / 3) * 4)
  let written = 0
  for (let at = 0; at < bytes.length; at += 3) {
    const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    digits[written++] = codes[bits >> 18] ?? pad
    digits[written++] = codes[(bits >> 12) & 63] ?? pad
    digits[written++] = at + 1 < bytes.length ? (codes[(bits >> 6) & 63] ?? pad) : pad
    digits[written++] = at + 2 < bytes.length ? (codes[bits & 63] ?? pad) : pad
  }
  return ascii.decode(digits)
}

/** Of what is no digit: 0xff, which has bits that no digit has. */
const valueOf = (text: string, at: number): number => values[text.charCodeAt(at)] ?? 0xff

/** The bytes of padded base64 in the standard alphabet, undefined where it is none. */
export const fromBase64 = (text: string): Uint8Array | undefined => {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let met = 0
  let written = 0
  for (let at = 0; at < text.length; at += 4) {
    const a = valueOf(text, at)
    const b = valueOf(text, at + 1)
    const c = at + 2 < digits ? valueOf(text, at + 2) : 0
    const d = at + 3 < digits ? valueOf(text, at + 3) : 0
    met |= a | b | c | d
    const bits = (a << 18) | (b << 12) | (c << 6) | d
    // Beyond its end a typed array drops what is written: the padding.
    bytes[written++] = bits >> 16
    bytes[written++] = bits >> 8
    bytes[written++] = bits
  }
  return met > 63 ? undefined : bytes
}
