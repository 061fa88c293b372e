import type { Bits } from './bits.js'

/** A code as a table: for every value of the next `width` bits the symbol, shifted by 4, and the length of its code. */
export type Code = { readonly table: Uint16Array; readonly width: number }

const longest = 15

const reversed = (code: number, length: number): number => {
  let result = 0
  for (let bit = 0; bit < length; bit++) result |= ((code >> bit) & 1) << (length - 1 - bit)
  return result
}

/**
 * The canonical code in which symbol `n` has a code of `lengths[n]` bits, or none (RFC 1951, 3.2.2). Throws where no code has
 * those lengths; as in zlib an incomplete one may have only one symbol, of one bit, or none.
 */
export const codeOf = (lengths: Uint8Array, kind: string): Code => {
  const counts = new Uint16Array(longest + 1)
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1
  counts[0] = 0
  const next = new Uint16Array(longest + 2)
  let unused = 1
  let width = 0
  for (let length = 1; length <= longest; length++) {
    const count = counts[length] ?? 0
    unused = unused * 2 - count
    if (unused < 0) throw new Error(`more ${kind} codes than there can be`)
    if (count > 0) width = length
    next[length + 1] = ((next[length] ?? 0) + count) << 1
  }
  if (unused > 0 && (width > 1 || (width === 1 && kind === 'length')))
    throw new Error(`an incomplete set of ${kind} codes`)
  const table = new Uint16Array(1 << width)
  lengths.forEach((length, symbol) => {
    if (length === 0) return
    const code = next[length] ?? 0
    next[length] = code + 1
    for (let at = reversed(code, length); at < table.length; at += 1 << length) table[at] = (symbol << 4) | length
  })
  return { table, width }
}

/** Reads one symbol. Throws where the bits are none. */
export const symbolIn = (bits: Bits<unknown>, { table, width }: Code): number => {
  const entry = table[bits.peek(width) & (table.length - 1)] ?? 0
  if (entry === 0) throw new Error('bits that are no code')
  bits.drop(entry & 15)
  return entry >> 4
}
