import { isUtf8 } from 'node:buffer'

/** A name or path as `node:fs` takes it. */
export type HostName = string | Buffer

// A host's names are bytes. One that is no UTF-8 stands in a string as a lone surrogate, U+DC00 + byte, which no valid text
// has: the name can be told from every other, is given back to the host unchanged, and is refused where names are judged.
const escape = /[\udc80-\udcff]/u
const escapes = /([\udc80-\udcff])/u
const escapeOf = 0xdc00

export const hostName = (name: string): HostName => {
  if (!escape.test(name)) return name
  const parts = name.split(escapes)
  return Buffer.concat(
    parts.map((part, at) => (at % 2 === 0 ? Buffer.from(part) : Buffer.of(part.charCodeAt(0) - escapeOf))),
  )
}

/** Bytes of the UTF-8 sequence that starts with this byte. */
const lengthFrom = (first: number): number => {
  if (first < 0xc0) return 1
  if (first < 0xe0) return 2
  return first < 0xf0 ? 3 : 4
}

export const readName = (bytes: Buffer): string => {
  if (isUtf8(bytes)) return bytes.toString()
  let name = ''
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0
    const sequence = bytes.subarray(at, at + lengthFrom(first))
    const isValid = isUtf8(sequence)
    name += isValid ? sequence.toString() : String.fromCharCode(escapeOf + first)
    at += isValid ? sequence.length : 1
  }
  return name
}
