const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The four letters of three bytes, by halves: a table of all pairs of letters, as rows have much of it. */
const pairs = Array.from({ length: 4096 }, (_, bits) => alphabet.charAt(bits >> 6) + alphabet.charAt(bits & 63))

/** In the standard alphabet, padded. */
export const encodeBase64 = (bytes: Uint8Array): string => {
  const whole = bytes.length - (bytes.length % 3)
  let text = ''
  for (let at = 0; at < whole; at += 3) {
    const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    text += `${pairs[bits >> 12]}${pairs[bits & 4095]}`
  }
  return whole === bytes.length ? text : text + btoa(String.fromCharCode(...bytes.subarray(whole)))
}

/** Throws at a text that is none. */
export const decodeBase64 = (text: string): Uint8Array => {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}
