/** What a struct is made of: numbers (`p` holds an address), others' bytes with their alignment, or another struct. */
export type Field = 'u8' | 'u16' | 'u32' | 'u64' | 'i64' | 'p' | Nested
/** What is inside another struct, and read and written as bytes. */
export type Nested = { readonly size: number; readonly alignment: number }
export type Fields = Readonly<Record<string, Field>>

/** A struct of C as every 64-bit Windows lays it out: naturally aligned, little-endian, pointers of 8 bytes. */
export type Struct<F extends Fields> = Nested & {
  readonly fields: F
  readonly offsets: { readonly [Name in keyof F]: number }
  /** Where the last field ends: what a header is long that names or data follow without a gap. */
  readonly end: number
}

const sizes = { u8: 1, u16: 2, u32: 4, u64: 8, i64: 8, p: 8 } as const

export const sizeOf = (field: Field): number => (typeof field === 'string' ? sizes[field] : field.size)
const alignmentOf = (field: Field): number => (typeof field === 'string' ? sizes[field] : field.alignment)
const upTo = (alignment: number, at: number): number => Math.ceil(at / alignment) * alignment

export const struct = <F extends Fields>(fields: F): Struct<F> => {
  const offsets: Record<string, number> = {}
  let end = 0
  let alignment = 1
  for (const [name, field] of Object.entries<Field>(fields)) {
    offsets[name] = upTo(alignmentOf(field), end)
    end = upTo(alignmentOf(field), end) + sizeOf(field)
    alignment = Math.max(alignment, alignmentOf(field))
  }
  return { size: upTo(alignment, end), alignment, fields, offsets: offsets as Struct<F>['offsets'], end }
}

/** Bytes without meaning of their own. */
export const bytesOf = (size: number): Nested => ({ size, alignment: 1 })
