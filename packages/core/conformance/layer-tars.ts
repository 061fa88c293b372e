import {
  type DirectoryEntry,
  type EntryTimes,
  type FileEntry,
  layerDecoder,
  layerEncoder,
  type LayerEntry,
} from '../src/tar/index.js'
import { joined } from './bytes.js'
import type { Tree } from './content.js'

/** An entry with its bytes, if it has any. */
export type Item = { readonly entry: LayerEntry; readonly body?: Uint8Array }

/** Times with all the digits that Windows has, four different ones; `at` in seconds. */
export const timesAt = (at: number): EntryTimes => {
  const time = (more: bigint): bigint => BigInt(at) * 1_000_000_000n + 123_456_700n + more
  return { created: time(100n), accessed: time(200n), modified: time(0n), changed: time(300n) }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

export const item = {
  folder: (name: string, more: Partial<DirectoryEntry> = {}): Item => ({
    entry: { type: 'directory', name, attributes: 0x10, times: timesAt(1_000_000_000), ...more },
  }),
  file: (name: string, content: string | Uint8Array, more: Partial<FileEntry> = {}): Item => {
    const body = typeof content === 'string' ? encode(content) : content
    const { length: size } = body
    const times = timesAt(1_100_000_000)
    return { entry: { type: 'file', name, attributes: 0x20, times, size, hasData: size > 0, ...more }, body }
  },
  symlink: (name: string, target: string): Item => ({
    entry: { type: 'symlink', name, target, attributes: 0x420, times: timesAt(1_200_000_000) },
  }),
  link: (name: string, target: string): Item => ({
    entry: { type: 'link', name, target, attributes: 0x20, times: timesAt(1_300_000_000) },
  }),
  stream: (name: string, stream: string, content: string): Item => {
    const body = encode(content)
    return { entry: { type: 'stream', name, stream, size: body.length }, body }
  },
  whiteout: (name: string): Item => ({ entry: { type: 'whiteout', name } }),
} as const

const blockSize = 512

export const tarOf = (...items: readonly Item[]): Uint8Array => {
  const encoder = layerEncoder()
  const parts = items.flatMap(({ entry, body }) => {
    const headers = encoder.entry(entry)
    if (headers._tag === 'Left') throw new Error(headers.left.message)
    return body === undefined ? [headers.right] : [headers.right, body]
  })
  return joined(...parts, encoder.end())
}

/** Where in a tar that begins with these items the next one's headers begin. */
export const offsetAfter = (...items: readonly Item[]): number => tarOf(...items).length - 2 * blockSize

/** The tar with one entry called as no encoder would call it. Both names are ASCII and of one length. */
export const misnamed = (tar: Uint8Array, name: string, wrong: string): Uint8Array => {
  const bytes = tar.slice()
  const sought = encode(`${name}\0`)
  let at = 0
  while (at < bytes.length && !sought.every((byte, index) => bytes[at + index] === byte)) at += blockSize
  const header = bytes.subarray(at, at + blockSize)
  header.set(encode(wrong))
  header.set(encode(' '.repeat(8)), 148)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.set(encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  return bytes
}

/** What a layer's tar has, in its order. */
export const itemsOf = (tar: Uint8Array, isBase: boolean): readonly Item[] => {
  const decoder = layerDecoder({ isBase })
  const found = decoder.push(tar)
  const ended = decoder.end()
  if (found._tag === 'Left' || ended._tag === 'Left')
    throw new Error(`expected the tar of a layer, found ${JSON.stringify(found._tag === 'Left' ? found : ended)}`)
  const items: { readonly entry: LayerEntry; readonly parts: Uint8Array[] }[] = []
  for (const one of found.right) {
    if (one.type === 'entry') items.push({ entry: one.entry, parts: [] })
    else items.at(-1)?.parts.push(one.bytes)
  }
  return items.map(({ entry, parts }) => ({ entry, body: joined(...parts) }))
}

/** What the tar of a layer says. Paths are those below `Files`; what is in `Hives` is left out. */
export type Contents = {
  /** As a view would show it; also `whiteout`, and `stream <content>` of `path:name`. A hard link is the file it links to. */
  readonly tree: Tree
  /** Read-only, hidden, system: the bits of attributes that everybody leaves alone. */
  readonly attributes: Readonly<Record<string, number>>
  /** Paths of hard links, and of what they link to. */
  readonly links: readonly (readonly [path: string, target: string])[]
  /** All times of all entries, also of those that are left out above. */
  readonly times: readonly bigint[]
}

const pathOf = (name: string): string => name.replace(/^Files\//, '')
const isHive = (name: string): boolean => name === 'Hives' || name.startsWith('Hives/')
const kept = 0x7

const textIn = ({ entry, body }: Item): string => {
  if (entry.type === 'file' || entry.type === 'stream') return `${entry.type} ${new TextDecoder().decode(body)}`
  return entry.type === 'symlink' || entry.type === 'junction' ? `${entry.type} ${entry.target}` : entry.type
}

/** `below`: what the parents show; without it the layer has none. */
export const contentsOf = (tar: Uint8Array, below?: Tree): Contents => {
  const tree: Record<string, string> = {}
  const attributes: Record<string, number> = {}
  const links: (readonly [string, string])[] = []
  const times: bigint[] = []
  for (const one of itemsOf(tar, below === undefined)) {
    const { entry } = one
    if ('times' in entry) times.push(...Object.values(entry.times))
    if (entry.name === 'Files' || isHive(entry.name)) continue
    const path = pathOf(entry.name)
    if (entry.type === 'link') {
      const target = pathOf(entry.target)
      links.push([path, target])
      tree[path] = tree[target] ?? below?.[target] ?? `link ${target}`
    } else {
      tree[entry.type === 'stream' ? `${path}:${entry.stream}` : path] = textIn(one)
      if ('attributes' in entry && (entry.attributes & kept) !== 0) attributes[path] = entry.attributes & kept
    }
  }
  return { tree, attributes, links, times }
}
