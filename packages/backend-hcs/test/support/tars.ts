import * as E from 'fp-ts/lib/Either.js'
import { layerDecoder, layerEncoder, type EntryTimes, type LayerEntry } from '@varve/core/tar'

/** An entry with its bytes, if it has any. */
export type Item = { readonly entry: LayerEntry; readonly body?: Uint8Array }

/** Four times, all different, with all the digits that Windows has; `at` in seconds. */
export const timesAt = (at: number): EntryTimes => {
  const time = (more: bigint): bigint => BigInt(at) * 1_000_000_000n + 123_456_700n + more
  return { created: time(100n), accessed: time(200n), modified: time(0n), changed: time(300n) }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Owner and group are the administrators; no access list. */
const security = {
  bytes: Uint8Array.from(
    Buffer.from(
      '01000080140000002400000000000000000000000102000000000005200000002002000001020000000000052000000020020000',
      'hex',
    ),
  ),
}

export const item = {
  folder: (name: string, at = 1_000_000_000): Item => ({
    entry: { type: 'directory', name, attributes: 0x10, times: timesAt(at), security },
  }),
  file: (name: string, text: string | Uint8Array, extended?: Readonly<Record<string, Uint8Array>>): Item => {
    const body = typeof text === 'string' ? bytesOf(text) : text
    const common = { type: 'file', name, attributes: 0x20, times: timesAt(1_100_000_000), security } as const
    const entry = { ...common, size: body.length, hasData: body.length > 0 }
    return { entry: extended === undefined ? entry : { ...entry, extended }, body }
  },
  /** A file of which another writer has given the descriptor as text. */
  described: (name: string, sddl: string): Item => ({
    entry: {
      type: 'file',
      name,
      attributes: 0x20,
      times: timesAt(1_100_000_000),
      size: 1,
      hasData: true,
      security: { sddl },
    },
    body: bytesOf('d'),
  }),
  symlink: (name: string, target: string): Item => ({
    entry: { type: 'symlink', name, target, attributes: 0x420, times: timesAt(1_200_000_000), security },
  }),
  link: (name: string, target: string): Item => ({
    entry: { type: 'link', name, target, attributes: 0x20, times: timesAt(1_100_000_000) },
  }),
  stream: (name: string, stream: string, text: string): Item => ({
    entry: { type: 'stream', name, stream, size: bytesOf(text).length },
    body: bytesOf(text),
  }),
  whiteout: (name: string): Item => ({ entry: { type: 'whiteout', name } }),
} as const

export const tarOf = (...items: readonly Item[]): Uint8Array => {
  const encoder = layerEncoder()
  const parts = items.flatMap(({ entry, body }) => {
    const header = encoder.entry(entry)
    if (E.isLeft(header)) throw new Error(header.left.message)
    return body === undefined ? [header.right] : [header.right, body]
  })
  return new Uint8Array(Buffer.concat([...parts, encoder.end()]))
}

/** Text as it is; other bytes, like those of a hive, may hold the time at which they were made. */
const shownBytes = (bytes: Uint8Array): string => {
  const text = new TextDecoder().decode(bytes)
  return /^[ -~]*$/.test(text) ? `  ${text}` : `  ${bytes.length} bytes`
}

/** The entries of a tar in its order, a body behind its entry. */
export const shownTar = (tar: Uint8Array): readonly string[] => {
  const decoder = layerDecoder()
  const found = decoder.push(tar)
  const ended = decoder.end()
  if (E.isLeft(found)) throw new Error(found.left.message)
  if (E.isLeft(ended)) throw new Error(ended.left.message)
  return found.right.map((piece) =>
    piece.type === 'entry'
      ? `${piece.entry.type} ${piece.entry.name}${'target' in piece.entry ? ` -> ${piece.entry.target}` : ''}`
      : shownBytes(piece.bytes),
  )
}
