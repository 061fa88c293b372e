/** Tars as no good writer makes them: each field as the test wants it. */

export type RawHeader = {
  readonly name?: string | Uint8Array
  readonly type?: string
  readonly size?: number | string | Uint8Array
  readonly mode?: number | string | Uint8Array
  readonly modified?: number | string | Uint8Array
  readonly target?: string
  readonly magic?: string
  readonly prefix?: string
  readonly trailer?: string
  /** In place of the right one. */
  readonly checksum?: string
}

const text = new TextEncoder()

const fieldOf = (value: number | string | Uint8Array, length: number): Uint8Array => {
  if (value instanceof Uint8Array) return value
  return text.encode(typeof value === 'string' ? value : `${value.toString(8).padStart(length - 1, '0')}\0`)
}

/** One block. */
export const rawHeader = (header: RawHeader): Uint8Array => {
  const block = new Uint8Array(512)
  const put = (at: number, length: number, value: number | string | Uint8Array): void =>
    block.set(fieldOf(value, length).subarray(0, length), at)
  put(0, 100, header.name ?? 'Files/a')
  put(100, 8, header.mode ?? 0o100000)
  put(108, 8, 0)
  put(116, 8, 0)
  put(124, 12, header.size ?? 0)
  put(136, 12, header.modified ?? 0)
  put(156, 1, header.type ?? '0')
  put(157, 100, header.target ?? '')
  put(257, 8, header.magic ?? 'ustar\x0000')
  put(345, 155, header.prefix ?? '')
  put(508, 4, header.trailer ?? '')
  const sum = block.reduce((total, byte) => total + byte, 8 * 0x20)
  put(148, 8, header.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `)
  return block
}

/** Bytes up to the next whole block. */
export const padded = (body: string | Uint8Array): Uint8Array => {
  const bytes = typeof body === 'string' ? text.encode(body) : body
  const blocks = new Uint8Array(Math.ceil(bytes.length / 512) * 512)
  blocks.set(bytes)
  return blocks
}

/** A header with its body. */
export const rawEntry = (header: RawHeader, body: string | Uint8Array = ''): Uint8Array =>
  joined(
    rawHeader({ size: typeof body === 'string' ? text.encode(body).length : body.length, ...header }),
    padded(body),
  )

/** A record whose length is right. */
export const record = (key: string, value: string): string => {
  const rest = text.encode(`${key}=${value}`).length + 2
  const digits = String(rest + String(rest).length).length
  return `${rest + digits} ${key}=${value}\n`
}

/** A header of records, as text or by key. */
export const rawRecords = (records: string | Readonly<Record<string, string>>, type = 'x'): Uint8Array =>
  rawEntry(
    { name: 'PaxHeaders.0/x', type, mode: 0 },
    typeof records === 'string'
      ? records
      : Object.entries(records)
          .map(([key, value]) => record(key, value))
          .join(''),
  )

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

export const endBlocks = new Uint8Array(1024)

/** Folders, which most entries need above them. */
export const folders = (...names: readonly string[]): Uint8Array =>
  joined(...names.map((name) => rawHeader({ name, type: '5', mode: 0o40000 })))
