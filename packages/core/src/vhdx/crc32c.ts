const reversedPolynomial = 0x82f63b78

const remainderOf = (byte: number): number => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit += 1) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ reversedPolynomial : remainder >>> 1
  }
  return remainder
}

/** By place of a byte in four, 256 remainders each: four bytes are taken at once. */
const remainders = new Uint32Array(4 * 256)
for (let byte = 0; byte < 256; byte++) remainders[byte] = remainderOf(byte)
for (let at = 256; at < remainders.length; at++) {
  const before = remainders[at - 256] as number
  remainders[at] = (before >>> 8) ^ (remainders[before & 0xff] as number)
}

/** CRC-32C (Castagnoli, RFC 3720 appendix B.4) of the bytes, as an unsigned 32-bit number. */
export const crc32c = (bytes: Uint8Array): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let crc = 0xffffffff
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    crc ^= view.getUint32(at, true)
    crc =
      (remainders[768 + (crc & 0xff)] as number) ^
      (remainders[512 + ((crc >>> 8) & 0xff)] as number) ^
      (remainders[256 + ((crc >>> 16) & 0xff)] as number) ^
      (remainders[crc >>> 24] as number)
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (remainders[(crc ^ (bytes[at] as number)) & 0xff] as number)
  return ~crc >>> 0
}
