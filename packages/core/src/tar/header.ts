import { textOf } from './text.js'

/** Bytes in a block: headers are one, bodies are padded to whole ones. */
export const blockSize = 512

/** Bytes between the end of a body and the next block. */
export const paddingOf = (size: number): number => (blockSize - (size % blockSize)) % blockSize

type Field = { readonly at: number; readonly length: number }

/** Where the fields of a header are. */
export const fields = {
  name: { at: 0, length: 100 },
  mode: { at: 100, length: 8 },
  uid: { at: 108, length: 8 },
  gid: { at: 116, length: 8 },
  size: { at: 124, length: 12 },
  modified: { at: 136, length: 12 },
  checksum: { at: 148, length: 8 },
  type: { at: 156, length: 1 },
  target: { at: 157, length: 100 },
  magic: { at: 257, length: 8 },
  deviceMajor: { at: 329, length: 8 },
  deviceMinor: { at: 337, length: 8 },
  prefix: { at: 345, length: 155 },
  /** GNU's, in place of a prefix. */
  accessed: { at: 345, length: 12 },
  changed: { at: 357, length: 12 },
} as const satisfies Readonly<Record<string, Field>>

/** What the type field of a header says, as character codes. */
export const types = {
  oldFile: 0,
  file: 0x30,
  link: 0x31,
  symlink: 0x32,
  directory: 0x35,
  records: 0x78,
  globalRecords: 0x67,
  longName: 0x4c,
  longTarget: 0x4b,
  sparse: 0x53,
} as const

/** The type bits of the mode field that a file with an unnamed data stream has. */
export const fileMode = 0o100000
export const directoryMode = 0o040000
export const reparseMode = 0o120000
export const linkMode = 0o000644

export type Header = {
  readonly type: number
  readonly mode: number
  /** Bytes. */
  readonly size: number
  /** Seconds since 1970. */
  readonly modified: number
}

/** Octal digits between spaces and NULs; nothing is 0. NaN where it is something else. */
const octal = (block: Uint8Array, { at, length }: Field): number => {
  let from = at
  let to = at + length
  while (from < to && (block[from] === 0x20 || block[from] === 0)) from++
  while (to > from && (block[to - 1] === 0x20 || block[to - 1] === 0)) to--
  let number = 0
  for (; from < to; from++) {
    const digit = (block[from] ?? 0) - 0x30
    // What follows the first NUL was never meant to be read.
    if (digit === -0x30) break
    if (digit < 0 || digit > 7) return NaN
    number = number * 8 + digit
  }
  return number
}

/** Octal, or where the first bit is set the two's complement of the other bits. NaN where neither, or beyond 2^53. */
const numeric = (block: Uint8Array, field: Field): number => {
  const first = block[field.at] ?? 0
  if (first < 0x80) return octal(block, field)
  const inverted = (first & 0x40) === 0 ? 0 : 0xff
  let number = (first ^ inverted) & 0x7f
  for (let at = field.at + 1; at < field.at + field.length; at++) {
    number = number * 256 + ((block[at] ?? 0) ^ inverted)
    if (number > Number.MAX_SAFE_INTEGER) return NaN
  }
  return inverted === 0 ? number : -number - 1
}

/** Whether the block is all zeros: two of them end a tar. */
export const isZero = (block: Uint8Array): boolean => {
  for (let at = 0; at < blockSize; at++) if (block[at] !== 0) return false
  return true
}

/** The bytes of a block added up, with spaces as its checksum. Four at a time: every header is added up. */
const sumOf = (bytes: Uint8Array, start: number): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, blockSize)
  let even = 0
  let odd = 0
  for (let at = 0; at < blockSize; at += 4) {
    const four = view.getUint32(at, true)
    even += four & 0xff00ff
    odd += (four >>> 8) & 0xff00ff
  }
  let sum = (even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16)
  const { at: from, length } = fields.checksum
  for (let at = from; at < from + length; at++) sum += 0x20 - view.getUint8(at)
  return sum
}

/** The same by old writers, who took the bytes for signed ones. */
const signedSumOf = (block: Uint8Array): number =>
  block.reduce((sum, byte, at) => {
    const isChecksum = at >= fields.checksum.at && at < fields.checksum.at + fields.checksum.length
    return sum + (isChecksum ? 0x20 : (byte << 24) >> 24)
  }, 0)

/** The checksum that a header claims and the one it has, when they differ. */
export const wrongSum = (block: Uint8Array): { readonly claimed: number; readonly actual: number } | undefined => {
  const claimed = octal(block, fields.checksum)
  const actual = sumOf(block, 0)
  return claimed === actual || claimed === signedSumOf(block) ? undefined : { claimed, actual }
}

const magic = [0x75, 0x73, 0x74, 0x61, 0x72, 0]
const isUstar = (block: Uint8Array): boolean => magic.every((byte, at) => block[fields.magic.at + at] === byte)

const gnuMagic = [0x75, 0x73, 0x74, 0x61, 0x72, 0x20, 0x20, 0]
const isGnu = (block: Uint8Array): boolean => gnuMagic.every((byte, at) => block[fields.magic.at + at] === byte)

type NumberField = 'mode' | 'uid' | 'gid' | 'deviceMajor' | 'deviceMinor' | 'accessed' | 'changed'

const oldNumbers: readonly NumberField[] = ['mode', 'uid', 'gid']
const ustarNumbers: readonly NumberField[] = [...oldNumbers, 'deviceMajor', 'deviceMinor']
// Some writers of old had a prefix there, and meant another name: what has no times there is refused.
const gnuNumbers: readonly NumberField[] = [...ustarNumbers, 'accessed', 'changed']

/** The numbers of a header; the name of a field that has none. */
export const parseHeader = (block: Uint8Array): Header | keyof typeof fields => {
  const size = numeric(block, fields.size)
  const modified = numeric(block, fields.modified)
  if (!(size >= 0)) return 'size'
  if (Number.isNaN(modified)) return 'modified'
  const others = isUstar(block) ? ustarNumbers : isGnu(block) ? gnuNumbers : oldNumbers
  const bad = others.find((name) => Number.isNaN(numeric(block, fields[name])))
  return bad ?? { type: block[fields.type.at] ?? 0, mode: numeric(block, fields.mode), size, modified }
}

const endOf = (block: Uint8Array, { at, length }: Field): number => {
  const nul = block.indexOf(0, at)
  return nul < 0 || nul > at + length ? at + length : nul
}

const text = (block: Uint8Array, field: Field): string | undefined => {
  const end = endOf(block, field)
  return end === field.at ? '' : textOf(block, field.at, end)
}

/** A field as an error shows it. */
export const shownField = (block: Uint8Array, name: keyof typeof fields): string =>
  text(block, fields[name]) ?? 'bytes that are no text'

const trailer = [0x74, 0x61, 0x72, 0]
/** Old star keeps times behind a shorter prefix. */
const starPrefix: Field = { at: 345, length: 131 }

/** The name in a header, undefined where it is no UTF-8. */
export const nameIn = (block: Uint8Array): string | undefined => {
  const name = text(block, fields.name)
  if (!isUstar(block) || block[fields.prefix.at] === 0) return name
  const isStar = trailer.every((byte, at) => block[508 + at] === byte)
  const prefix = text(block, isStar ? starPrefix : fields.prefix)
  return prefix === undefined || name === undefined ? undefined : `${prefix}/${name}`
}

/** The link target in a header, undefined where it is no UTF-8. */
export const targetIn = (block: Uint8Array): string | undefined => text(block, fields.target)

/** Writes octal digits and a NUL; what does not fit is written as 0, because a record says it. */
const putOctal = (bytes: Uint8Array, start: number, { at, length }: Field, number: number): void => {
  let rest = number < 0 || number >= 8 ** (length - 1) ? 0 : number
  for (let index = start + at + length - 2; index >= start + at; index--) {
    bytes[index] = 0x30 + (rest % 8)
    rest = Math.floor(rest / 8)
  }
}

/** Whether octal digits hold the number. */
export const fits = (number: number, { length }: Field): boolean => number >= 0 && number < 8 ** (length - 1)

/** The text without what is not ASCII, cut to the field; a cut does not end with `/`, which old readers take for a folder. */
export const putCut = (bytes: Uint8Array, start: number, { at, length }: Field, value: string): void => {
  let to = start + at
  let written = 0
  for (let index = 0; index < value.length; index++) {
    const unit = value.charCodeAt(index)
    if (unit > 0x7f || unit === 0) continue
    if (written++ < length) bytes[to++] = unit
  }
  if (written <= length || bytes[to - 1] !== 0x2f) return
  while (to > start + at && bytes[to - 1] === 0x2f) to--
  bytes[to] = 0
}

/** What a header to be written says. */
export type HeaderFields = Header & { readonly name: string; readonly prefix?: string; readonly target?: string }

/** A header without anything that differs between those of its kind. That of records leaves the device fields out. */
const blank = (hasDevice: boolean): Uint8Array => {
  const bytes = new Uint8Array(blockSize)
  for (const field of [fields.mode, fields.uid, fields.gid, fields.size, fields.modified]) putOctal(bytes, 0, field, 0)
  for (let index = 0; index < 8; index++) bytes[fields.magic.at + index] = magic[index] ?? 0x30
  if (hasDevice) for (const field of [fields.deviceMajor, fields.deviceMinor]) putOctal(bytes, 0, field, 0)
  return bytes
}

const blankEntry = blank(true)
const blankRecords = blank(false)

/** Writes a ustar header over whatever is there. */
export const putHeader = (bytes: Uint8Array, start: number, header: HeaderFields): void => {
  bytes.set(header.type === types.records ? blankRecords : blankEntry, start)
  putCut(bytes, start, fields.name, header.name)
  if (header.mode > 0) putOctal(bytes, start, fields.mode, header.mode)
  if (header.size > 0) putOctal(bytes, start, fields.size, header.size)
  if (header.modified > 0) putOctal(bytes, start, fields.modified, header.modified)
  bytes[start + fields.type.at] = header.type
  if (header.target !== undefined) putCut(bytes, start, fields.target, header.target)
  if (header.prefix !== undefined) putCut(bytes, start, fields.prefix, header.prefix)
  putOctal(bytes, start, { at: fields.checksum.at, length: 7 }, sumOf(bytes, start))
  bytes[start + fields.checksum.at + 7] = 0x20
}
