/** Head of a FILE_FULL_EA_INFORMATION: where the next one is, flags, length of the name, length of the value. */
const headLength = 8

const paddedTo4 = (length: number): number => (length + 3) & ~3

const lengthOf = (name: string, value: Uint8Array): number => paddedTo4(headLength + name.length + 1 + value.length)

const byUnits = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

/** A chain of FILE_FULL_EA_INFORMATION, in the order of the names, which are ASCII. `{}` has none. */
export const encodeExtended = (extended: Readonly<Record<string, Uint8Array>>): Uint8Array => {
  const entries = Object.entries(extended).toSorted(byUnits)
  const bytes = new Uint8Array(entries.reduce((length, [name, value]) => length + lengthOf(name, value), 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [index, [name, value]] of entries.entries()) {
    const length = lengthOf(name, value)
    view.setUint32(at, index === entries.length - 1 ? 0 : length, true)
    bytes[at + 5] = name.length
    view.setUint16(at + 6, value.length, true)
    for (let unit = 0; unit < name.length; unit++) bytes[at + headLength + unit] = name.charCodeAt(unit)
    bytes.set(value, at + headLength + name.length + 1)
    at += length
  }
  return bytes
}

/** The attributes of such a chain by their names; undefined where it is none. Flags are lost. */
export const decodeExtended = (bytes: Uint8Array): Readonly<Record<string, Uint8Array>> | undefined => {
  const entries: [string, Uint8Array][] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; ;) {
    if (at + headLength > bytes.length) return undefined
    const next = view.getUint32(at, true)
    const nameEnd = at + headLength + view.getUint8(at + 5)
    const end = nameEnd + 1 + view.getUint16(at + 6, true)
    if (end > bytes.length || (next !== 0 && (next < end - at || next > bytes.length - at))) return undefined
    const name = String.fromCharCode(...bytes.subarray(at + headLength, nameEnd))
    entries.push([name, bytes.slice(nameEnd + 1, end)])
    if (next === 0) break
    at += next
  }
  const extended = Object.fromEntries(entries)
  return Object.keys(extended).length === entries.length ? extended : undefined
}
