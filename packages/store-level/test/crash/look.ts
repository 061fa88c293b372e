import { readFileSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { EventStore, Recorded } from '@varve/core'
import type { PromiseSnapshotter } from '@varve/core/promise'
import type { Found } from './expected.js'

/** What a seal adds to a layer without parents. */
const hives = 'Windows/System32/config/'

const filesBelow = (directory: string): ReadonlyMap<string, Buffer> => {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    files.flatMap((entry) => {
      const path = join(entry.parentPath, entry.name)
      const name = relative(directory, path).replaceAll(sep, '/')
      return name.startsWith(hives) ? [] : [[name, readFileSync(path)]]
    }),
  )
}

const contentOf = async (
  snapshotter: PromiseSnapshotter,
  name: string,
  isLayer: boolean,
): Promise<ReadonlyMap<string, Buffer>> => {
  const key = isLayer ? `look at ${name}` : name
  if (isLayer) await snapshotter.view(key, { parent: name })
  const { path } = await snapshotter.attach(key)
  const files = filesBelow(path)
  await snapshotter.detach(key)
  if (isLayer) await snapshotter.remove(key)
  return files
}

/** Every snapshot as `stat` and an attached directory show it; a layer's content through a view. */
export const look = async (snapshotter: PromiseSnapshotter): Promise<ReadonlyMap<string, Found>> => {
  const names: string[] = []
  for await (const { name } of snapshotter.walk()) names.push(name)
  const found = names.map(async (name): Promise<[string, Found]> => {
    const { kind, parent, labels } = await snapshotter.stat(name)
    return [name, { kind, parent, labels, files: await contentOf(snapshotter, name, kind === 'Committed') }]
  })
  return new Map(await Promise.all(found))
}

/** What the records say about ids, whatever the state makes of them. */
export type Ids = { seq: number; highest: number; readonly living: Set<number> }

/** Reads the records that came since; answers what no log that was only killed may hold. */
export const follow = async (store: Pick<EventStore, 'read'>, ids: Ids): Promise<readonly string[]> => {
  const violations: string[] = []
  for await (const batch of store.read(ids.seq)) {
    if (batch._tag === 'Left') throw new Error(batch.left.message)
    for (const text of batch.right) {
      const { seq, type, data } = JSON.parse(text) as Recorded
      ids.seq = seq
      if (type === 'PrepareAccepted') {
        if (data.id <= ids.highest) violations.push(`record ${seq} gives the id ${data.id} again`)
        ids.highest = Math.max(ids.highest, data.id)
      } else if (type === 'Prepared') ids.living.add(data.id)
      else if (type === 'Removed') ids.living.delete(data.id)
      else if (type === 'Quarantined') violations.push(`record ${seq}: ${data.directories.join(', ')} had no record`)
    }
  }
  return violations
}

const idOf = (name: string): number => Number(/^\d+/.exec(name)?.[0] ?? Number.NaN)

/** In what the directories of the layers are not those of the living ids. Nothing is attached or owed. */
export const strayIn = (layers: string, { living }: Ids): readonly string[] => {
  const namesIn = (directory: string): readonly string[] => readdirSync(join(layers, directory))
  const snapshots = new Set(namesIn('snapshots'))
  const lost = [...living].filter((id) => !snapshots.delete(String(id))).map((id) => `the directory of ${id} is gone`)
  const stray = [...snapshots].map((name) => `snapshots/${name} belongs to nothing`)
  const mounted = namesIn('mounts').map((name) => `mounts/${name} is still there`)
  const orphans = ['scratch', 'meta', 'tables'].flatMap((directory) =>
    namesIn(directory)
      .filter((name) => !living.has(idOf(name)))
      .map((name) => `${directory}/${name} belongs to nothing`),
  )
  return [...lost, ...stray, ...mounted, ...orphans]
}
