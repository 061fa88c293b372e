const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

const values = ((): Uint8Array => {
  const table = new Uint8Array(128).fill(0xff)
  for (let value = 0; value < 64; value++) table[alphabet.charCodeAt(value)] = value
  return table
})()

/** Base64 in the standard alphabet, padded. */
export const toBase64 = (bytes: Uint8Array): string => {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    text +=
      alphabet.charAt(bits >> 18) +
      alphabet.charAt((bits >> 12) & 63) +
      (at + 1 < bytes.length ? alphabet.charAt((bits >> 6) & 63) : '=') +
      (at + 2 < bytes.length ? alphabet.charAt(bits & 63) : '=')
  }
  return text
}

/** The bytes of padded base64 in the standard alphabet, undefined where it is none. */
export const fromBase64 = (text: string): Uint8Array | undefined => {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let bits = 0
  let written = 0
  for (let at = 0; at < text.length; at++) {
    const value = at < digits ? (values[text.charCodeAt(at)] ?? 0xff) : 0
    if (value > 63) return undefined
    bits = (bits << 6) | value
    if (at % 4 !== 3) continue
    // What lies beyond the last byte is padding, and a typed array drops it.
    bytes[written++] = bits >> 16
    bytes[written++] = bits >> 8
    bytes[written++] = bits
    bits = 0
  }
  return bytes
}
