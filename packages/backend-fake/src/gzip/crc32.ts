const reversedPolynomial = 0xedb88320

const remainderOf = (byte: number): number => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit += 1)
    remainder = remainder & 1 ? (remainder >>> 1) ^ reversedPolynomial : remainder >>> 1
  return remainder
}

const remainders = Uint32Array.from({ length: 256 }, (_, byte) => remainderOf(byte))

/** CRC-32 (ISO 3309, as gzip has it) of the bytes behind those that gave `before`, as an unsigned 32-bit number. */
export const crc32 = (bytes: Uint8Array, before = 0): number => {
  let crc = ~before
  for (const byte of bytes) crc = (crc >>> 8) ^ (remainders[(crc ^ byte) & 0xff] ?? 0)
  return ~crc >>> 0
}
