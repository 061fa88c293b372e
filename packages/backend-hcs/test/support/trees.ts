import type { LayerEntry, LayerItem } from '@varve/core/tar'
import { fileAttributes, filetimeOf } from '../../src/formats/filetime.js'
import type { LayerSink } from '../../src/transport/items.js'
import type { Whole } from './arbitrary-layer.js'

/** All that comes out of a source. */
export const drained = (source: Iterable<LayerItem>): readonly Whole[] => {
  const all: { entry: LayerEntry; parts: Uint8Array[] }[] = []
  for (const item of source) {
    if (item.type === 'entry') all.push({ entry: item.entry, parts: [] })
    else all.at(-1)?.parts.push(item.bytes.slice())
  }
  return all.map(({ entry, parts }) => ({ entry, body: new Uint8Array(Buffer.concat(parts)) }))
}

/** Puts entries into a sink and closes it; aborts it when that fails. */
export const pour = (all: readonly Whole[], sink: LayerSink, piece = 50): void => {
  try {
    for (const [index, { entry, body }] of all.entries()) {
      sink.add(entry, index * 1000)
      for (let at = 0; at < body.length; at += piece) sink.write(body.subarray(at, at + piece))
    }
    sink.close()
  } finally {
    sink.abort()
  }
}

/** All that Windows knows of a file. */
export type Leaf = {
  readonly entry: { readonly type: string; readonly [field: string]: unknown }
  readonly streams: Map<string, string>
  /** The first of its names, in the order of their text. */
  name: string
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const leafOf = ({ entry, body }: Whole): Leaf => {
  const { name, type } = entry
  const plain = 'attributes' in entry ? entry.attributes | (type === 'symlink' || type === 'junction' ? 0x400 : 0) : 0
  const security = 'security' in entry ? entry.security : undefined
  const bytes = security && ('bytes' in security ? security.bytes : new TextEncoder().encode(`SDDL ${security.sddl}`))
  const extended = 'extended' in entry ? Object.entries(entry.extended ?? {}) : []
  const pairs = extended.map(([key, value]) => `${key}=${hex(value)}`).toSorted()
  return {
    name,
    streams: new Map(),
    entry: {
      type,
      attributes: plain === 0 ? fileAttributes.normal : plain,
      times: 'times' in entry ? Object.values(entry.times).map(filetimeOf) : undefined,
      security: bytes && hex(bytes),
      extended: pairs.join(),
      target: 'target' in entry ? entry.target : undefined,
      body: hex(body),
    },
  }
}

/**
 * What a layer is, however it is told: each name with all that Windows knows of what it names, further names of a file with
 * what they name, and what is deleted.
 */
export const treeOf = (
  all: readonly Whole[],
  parents: ReadonlyMap<string, Leaf> = new Map(),
): ReadonlyMap<string, Leaf> => {
  const tree = new Map<string, Leaf>()
  for (const whole of all) {
    const { entry, body } = whole
    if (entry.type === 'stream') {
      const owner = tree.get(entry.name)
      owner?.streams.set(entry.stream, hex(body))
    } else if (entry.type === 'link') {
      const own = tree.get(entry.target)
      const target = own === undefined || own.entry.type === 'whiteout' ? parents.get(entry.target) : own
      if (target === undefined) throw new Error(`nothing is linked to by ${entry.name}`)
      tree.set(entry.name, target)
      if (entry.name < target.name) target.name = entry.name
    } else tree.set(entry.type === 'opaque' ? `${entry.name}/` : entry.name, leafOf(whole))
  }
  return new Map([...tree].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
