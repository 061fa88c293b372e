import { utf16 } from './backup-builder.js'

/** IO_REPARSE_TAG_* of what a layer can hold. */
export const reparseTags = { symlink: 0xa000000c, mountPoint: 0xa0000003 } as const

/** IO_REPARSE_TAG_WCI and IO_REPARSE_TAG_WCI_1: what the import of a layer leaves where its parents have something. */
const placeholderTags: readonly number[] = [0x80000018, 0x90001018]

/** Whether a reparse point stands for what the layers below have under its name. */
export const isPlaceholder = (tag: number): boolean => placeholderTags.includes(tag)

/** `target`: the print name. */
export type Reparse = { readonly type: 'symlink' | 'junction'; readonly target: string }

/** MAXIMUM_REPARSE_DATA_BUFFER_SIZE. */
const longestBuffer = 16_384
const headLength = 8
const relativeFlag = 1

const ntPrefix = '\\??\\'

/** The name that Windows follows, and whether it starts from where the link is. */
const substituteOf = (target: string): { readonly name: string; readonly isRelative: boolean } => {
  const path = target.replaceAll('/', '\\')
  if (path.startsWith('\\\\?\\')) return { name: ntPrefix + path.slice(4), isRelative: false }
  if (path.startsWith('\\\\')) return { name: `${ntPrefix}UNC\\${path.slice(2)}`, isRelative: false }
  if (/^[A-Za-z]:/.test(path)) return { name: ntPrefix + path, isRelative: false }
  return { name: path, isRelative: true }
}

const namesAt = (type: Reparse['type']): number => (type === 'symlink' ? 20 : 16)

/**
 * The reparse buffer of a link. Its print name is the target as it is; only the name to follow has the separators of Windows.
 * Undefined when the target is longer than a reparse point can hold.
 */
export const encodeReparse = ({ type, target }: Reparse): Uint8Array | undefined => {
  const { name, isRelative } = substituteOf(target)
  const [substitute, print] = [utf16(name), utf16(target)]
  const start = namesAt(type)
  const length = start + substitute.length + print.length + 4
  if (length > longestBuffer) return undefined
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, type === 'symlink' ? reparseTags.symlink : reparseTags.mountPoint, true)
  view.setUint16(4, length - headLength, true)
  view.setUint16(10, substitute.length, true)
  view.setUint16(12, substitute.length + 2, true)
  view.setUint16(14, print.length, true)
  if (type === 'symlink') view.setUint32(16, isRelative ? relativeFlag : 0, true)
  bytes.set(substitute, start)
  bytes.set(print, start + substitute.length + 2)
  return bytes
}

const decoder = new TextDecoder('utf-16le', { ignoreBOM: true, fatal: true })

const textAt = (bytes: Uint8Array, at: number, length: number): string | undefined => {
  if (at + length > bytes.length || length % 2 !== 0) return undefined
  try {
    return decoder.decode(bytes.subarray(at, at + length))
  } catch {
    return undefined
  }
}

/** The tag of a reparse buffer, 0 of one that is too short to have one. */
export const tagOf = (bytes: Uint8Array): number =>
  bytes.length < headLength ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)

/** The link that a reparse buffer makes; undefined where it makes none, or is malformed. */
export const decodeReparse = (bytes: Uint8Array): Reparse | undefined => {
  const tag = tagOf(bytes)
  if (tag !== reparseTags.symlink && tag !== reparseTags.mountPoint) return undefined
  const type = tag === reparseTags.symlink ? 'symlink' : 'junction'
  const start = namesAt(type)
  if (bytes.length < start) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const nameAt = (field: number): string | undefined =>
    textAt(bytes, start + view.getUint16(field, true), view.getUint16(field + 2, true))
  const print = nameAt(12)
  if (print !== '') return print === undefined ? undefined : { type, target: print }
  // Some tools that make junctions leave the name for people out.
  const substitute = nameAt(8)
  if (substitute === undefined || substitute === '') return undefined
  return { type, target: substitute.startsWith(ntPrefix) ? substitute.slice(ntPrefix.length) : substitute }
}
