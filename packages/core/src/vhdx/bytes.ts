/** The same bytes, seen as numbers. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** One byte per letter; letters up to U+00FF. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

/** Two bytes per UTF-16 code unit, little-endian. */
export const utf16 = (text: string): Uint8Array => joined(...Array.from(text, (_, at) => u16(text.charCodeAt(at))))

const number = (length: number, put: (view: DataView) => void): Uint8Array => {
  const bytes = new Uint8Array(length)
  put(viewOf(bytes))
  return bytes
}

/** Little-endian, 2 bytes. */
export const u16 = (value: number): Uint8Array => number(2, (view) => view.setUint16(0, value, true))

/** Little-endian, 4 bytes. */
export const u32 = (value: number): Uint8Array => number(4, (view) => view.setUint32(0, value, true))

/** Little-endian, 8 bytes. */
export const u64 = (value: bigint): Uint8Array => number(8, (view) => view.setBigUint64(0, value, true))

/** The parts one after another, in a buffer of their own. */
export const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The 16 bytes of a GUID in text form; its first three fields are little-endian. */
export const guid = (text: string): Uint8Array => {
  const digits = text.replaceAll('-', '')
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  return Uint8Array.from(order, (at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16))
}

/** Whether `bytes` has all of `expected` at `at`. */
export const holds = (bytes: Uint8Array, at: number, expected: Uint8Array): boolean =>
  expected.every((byte, index) => bytes[at + index] === byte)
