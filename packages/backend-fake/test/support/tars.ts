import * as E from 'fp-ts/lib/Either.js'
import { chunkLength, type Arrival } from '@varve/core/adapter'
import type { ImportLayer, SnapshotId } from '@varve/core/ports'
import {
  layerDecoder,
  layerEncoder,
  type DirectoryEntry,
  type EntryTimes,
  type FileEntry,
  type LayerEntry,
} from '@varve/core/tar'
import type { Control } from '../../src/world/control.js'
import { operations } from '../../src/world/operations.js'
import type { World } from '../../src/world/world.js'
import { create, perform, seal } from './acts.js'
import { hasSymlinks, run } from './worlds.js'

/** An entry with its bytes, if it has any. */
export type Item = { readonly entry: LayerEntry; readonly body?: Uint8Array }

/** Times with all the digits that Windows has, four different ones; `at` in seconds. */
export const timesAt = (at: number): EntryTimes => {
  const time = (more: bigint): bigint => BigInt(at) * 1_000_000_000n + 123_456_700n + more
  return { created: time(100n), accessed: time(200n), modified: time(0n), changed: time(300n) }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

export const item = {
  folder: (name: string, more: Partial<DirectoryEntry> = {}): Item => ({
    entry: { type: 'directory', name, attributes: 0x10, times: timesAt(1_000_000_000), ...more },
  }),
  file: (name: string, text: string | Uint8Array, more: Partial<FileEntry> = {}): Item => {
    const body = typeof text === 'string' ? bytesOf(text) : text
    const times = timesAt(1_100_000_000)
    return {
      entry: { type: 'file', name, attributes: 0x20, times, size: body.length, hasData: body.length > 0, ...more },
      body,
    }
  },
  symlink: (name: string, target: string, type: 'symlink' | 'junction' = 'symlink'): Item => ({
    entry: { type, name, target, attributes: 0x420, times: timesAt(1_200_000_000) },
  }),
  link: (name: string, target: string): Item => ({
    entry: { type: 'link', name, target, attributes: 0x20, times: timesAt(1_300_000_000) },
  }),
  stream: (name: string, stream: string, text: string): Item => ({
    entry: { type: 'stream', name, stream, size: bytesOf(text).length },
    body: bytesOf(text),
  }),
  whiteout: (name: string): Item => ({ entry: { type: 'whiteout', name } }),
  opaque: (name: string): Item => ({ entry: { type: 'opaque', name } }),
} as const

/** What a world can hold of a tar: that in memory everything, one on a host what the host has. */
export const heldBy = (world: string, items: readonly Item[]): readonly Item[] =>
  world === 'memory' || hasSymlinks
    ? items
    : items.filter(({ entry }) => entry.type !== 'symlink' && entry.type !== 'junction')

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

export const tarOf = (...items: readonly Item[]): Uint8Array => {
  const encoder = layerEncoder()
  const parts = items.flatMap(({ entry, body }) => {
    const header = encoder.entry(entry)
    if (E.isLeft(header)) throw new Error(header.left.message)
    return body === undefined ? [header.right] : [header.right, body]
  })
  return joined([...parts, encoder.end()])
}

/** What a tar has, in its order. */
export const itemsOf = (tar: Uint8Array): readonly Item[] => {
  const decoder = layerDecoder()
  const found = decoder.push(tar)
  if (E.isLeft(found)) throw new Error(found.left.message)
  const items: { readonly entry: LayerEntry; readonly parts: Uint8Array[] }[] = []
  for (const piece of found.right) {
    if (piece.type === 'entry') items.push({ entry: piece.entry, parts: [] })
    else items.at(-1)?.parts.push(piece.bytes)
  }
  const ended = decoder.end()
  if (E.isLeft(ended)) throw new Error(ended.left.message)
  return items.map(({ entry, parts }) => (parts.length === 0 ? { entry } : { entry, body: joined(parts) }))
}

const detailOf = ({ entry, body }: Item): string => {
  if (entry.type === 'file') return `${entry.name} ${JSON.stringify(new TextDecoder().decode(body))}`
  if (entry.type === 'stream') return `${entry.name}:${entry.stream} ${JSON.stringify(new TextDecoder().decode(body))}`
  return 'target' in entry ? `${entry.name} -> ${entry.target}` : entry.name
}

/** A line for each entry: its type, its name, and what it holds. */
export const linesOf = (tar: Uint8Array): readonly string[] =>
  itemsOf(tar).map((one) => `${one.entry.type} ${detailOf(one)}`)

export const importing = (layer: SnapshotId, parents: readonly SnapshotId[] = []): ImportLayer => ({
  type: 'ImportLayer',
  id: `${layer}07`,
  layer,
  parents,
  descriptor: { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${'0'.repeat(64)}`, size: 0 },
  limits: { entries: 1_000, bytes: 2 ** 40 },
})

/** A tar that comes in chunks, each a while after it was asked for. */
export const arriving = (tar: Uint8Array, length = chunkLength, isCancelled = (): boolean => false): Control => {
  let at = 0
  let isHere = false
  const next = (): Arrival => {
    const bytes = tar.slice(at, at + length)
    at += bytes.length
    return bytes.length === 0 ? { type: 'end' } : { type: 'bytes', bytes }
  }
  return {
    isCancelled,
    inlet: {
      take: () => {
        isHere = !isHere
        return isHere ? undefined : next()
      },
    },
  }
}

/** Fills a layer from a tar, in chunks of 1,000 bytes. */
export const apply = (world: World, layer: SnapshotId, parents: readonly SnapshotId[], ...items: readonly Item[]) =>
  run(operations.perform(world, importing(layer, parents), arriving(tarOf(...items), 1_000)))

/** Makes an unpack layer, fills it and seals it. */
export const unpack = (
  world: World,
  layer: SnapshotId,
  parents: readonly SnapshotId[],
  ...items: readonly Item[]
): void => {
  perform(world, create(layer, { parents, purpose: 'unpack' }))
  apply(world, layer, parents, ...items)
  perform(world, seal(layer, { parents, purpose: 'unpack', applied: true }))
}

/** Work that puts out chunks, with a reader who takes one whenever there are two. */
export const exporting = (world: World, layer: SnapshotId, parents: readonly SnapshotId[], epoch?: bigint) => {
  const chunks: Uint8Array[] = []
  let taken = 0
  const hasRoom = (): boolean => {
    if (chunks.length - taken < 2) return true
    taken++
    return false
  }
  const control: Control = { isCancelled: () => false, outlet: { hasRoom, put: (bytes) => chunks.push(bytes) } }
  return {
    work: operations.exportLayer(world, { id: layer, parents }, epoch, control),
    tar: (): Uint8Array => joined(chunks),
  }
}

/** The tar of a layer. */
export const exported = (
  world: World,
  layer: SnapshotId,
  parents: readonly SnapshotId[] = [],
  epoch?: bigint,
): Uint8Array => {
  const { work, tar } = exporting(world, layer, parents, epoch)
  run(work)
  return tar()
}
