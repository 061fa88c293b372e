import type { Field, Fields, Struct } from '../bindings/struct.js'

type ValueOf<F extends Field> = F extends 'u64' | 'i64' | 'p' ? bigint : number
type Values<F extends Fields> = { readonly [Name in keyof F]?: ValueOf<F[Name]> }

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength)

const put = (view: DataView, field: Field, at: number, value: number | bigint): void => {
  if (field === 'u8') view.setUint8(at, Number(value))
  else if (field === 'u16') view.setUint16(at, Number(value), true)
  else if (field === 'u32') view.setUint32(at, Number(value), true)
  else view.setBigInt64(at, BigInt.asIntN(64, BigInt(value)), true)
}

/** A struct with these fields, the others 0; `size` where something follows it. */
export const pack = <F extends Fields>(layout: Struct<F>, values: Values<F>, size = layout.size): Uint8Array => {
  const bytes = new Uint8Array(size)
  const view = viewOf(bytes)
  for (const [name, value] of Object.entries<number | bigint | undefined>(values)) {
    const field = layout.fields[name]
    if (field !== undefined && value !== undefined) put(view, field, layout.offsets[name] ?? 0, value)
  }
  return bytes
}

const numberAt = (view: DataView, field: Field | undefined, at: number): number | bigint => {
  if (field === 'u8') return view.getUint8(at)
  if (field === 'u16') return view.getUint16(at, true)
  if (field === 'u32') return view.getUint32(at, true)
  return field === 'i64' ? view.getBigInt64(at, true) : view.getBigUint64(at, true)
}

/** What a field of a struct holds. */
export const read = <F extends Fields, Name extends keyof F & string>(
  layout: Struct<F>,
  bytes: Uint8Array,
  name: Name,
): ValueOf<F[Name]> => {
  const view = viewOf(bytes)
  const at = layout.offsets[name]
  return numberAt(view, layout.fields[name], at) as ValueOf<F[Name]>
}

/** Room for a number of 32 bits that a function writes to. */
export const cell32 = (value = 0): Uint8Array => {
  const cell = new Uint8Array(4)
  viewOf(cell).setUint32(0, value, true)
  return cell
}
export const u32In = (cell: Uint8Array): number => viewOf(cell).getUint32(0, true)

/** Room for a size, a HANDLE, an address or a number of 64 bits that a function writes to. */
export const cell64 = (value = 0n): Uint8Array => {
  const cell = new Uint8Array(8)
  viewOf(cell).setBigUint64(0, value, true)
  return cell
}
export const u64In = (cell: Uint8Array): bigint => viewOf(cell).getBigUint64(0, true)

/** Room for text of so many units. */
export const roomFor = (units: number): Uint8Array => new Uint8Array(units * 2)

/** Text of UTF-16 up to its NUL, or to the end. */
export const textIn = (bytes: Uint8Array): string => {
  const view = viewOf(bytes)
  let end = 0
  while (end + 1 < bytes.length && view.getUint16(end, true) !== 0) end += 2
  return Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('utf16le')
}

/** UTF-16 without a NUL, put into `bytes` at an offset. */
export const putText = (bytes: Uint8Array, at: number, text: string): void => {
  bytes.set(Buffer.from(text, 'utf16le'), at)
}
