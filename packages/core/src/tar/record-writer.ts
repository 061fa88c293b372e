import { putText, utf8Length } from './text.js'

/** Writes extended records, one behind the other. */
export type RecordWriter = {
  readonly add: (key: string, value: string) => void
  /** The records added since the last time. The bytes hold until the next one is added. */
  readonly take: () => Uint8Array
}

/** The length of a record counts its own digits. */
const lengthWith = (rest: number): number => {
  const digits = String(rest).length
  return String(rest + digits).length === digits ? rest + digits : rest + digits + 1
}

/** Keys are ASCII. */
export const recordWriter = (): RecordWriter => {
  let bytes = new Uint8Array(1_024)
  let filled = 0

  const makeRoom = (length: number): void => {
    if (filled + length <= bytes.length) return
    const larger = new Uint8Array(2 * (filled + length))
    larger.set(bytes.subarray(0, filled))
    bytes = larger
  }
  const put = (text: string, length: number): void => {
    putText(bytes, filled, text, length)
    filled += length
  }
  return {
    add: (key, value) => {
      const valueLength = utf8Length(value)
      const length = lengthWith(key.length + valueLength + 3)
      makeRoom(length)
      const digits = String(length)
      put(digits, digits.length)
      bytes[filled++] = 0x20
      put(key, key.length)
      bytes[filled++] = 0x3d
      put(value, valueLength)
      bytes[filled++] = 0x0a
    },
    take: () => {
      const taken = bytes.subarray(0, filled)
      filled = 0
      return taken
    },
  }
}
