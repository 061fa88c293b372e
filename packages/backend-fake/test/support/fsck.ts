import { driverBackend, type Driver } from '@varve/core/adapter'
import { check, openSnapshotter, repair, rescue } from '@varve/core/promise'
import type { Backend } from '@varve/core'
import {
  attachAll,
  diceFrom,
  makeClosedWorld,
  type FsckSubject,
  type KnownLayer,
  type RootFiles,
} from '@varve/core/conformance'
import * as E from 'fp-ts/lib/Either.js'
import { clock } from '../../src/clock.js'
import { diskOf } from '../../src/memory/disk.js'
import { memoryDriver, memoryLayout } from '../../src/memory/driver.js'
import { newLog, type MemoryLog } from '../../src/memory/log-maintenance.js'
import { newNodes, type Directory, type Node, type Nodes } from '../../src/memory/nodes.js'
import { storeOf, type MemoryStore } from '../../src/memory-store.js'
import type { Disk } from '../../src/world/disk.js'
import type { WorldDriver } from '../../src/world/operations.js'
import { makeWorld } from '../../src/world/world.js'

/** All that outlasts a snapshotter in memory. */
export type Remains = { readonly nodes: Nodes; readonly log: MemoryLog }

const copied = (node: Node, copies: Map<Node, Node>): Node => {
  const known = copies.get(node)
  if (known !== undefined) return known
  const copy: Node = node.type === 'directory' ? { ...node, entries: new Map() } : { ...node }
  copies.set(node, copy)
  if (node.type === 'directory' && copy.type === 'directory') fill(copy, node, copies)
  return copy
}

const fill = (to: Directory, from: Directory, copies: Map<Node, Node>): void => {
  for (const [name, node] of from.entries) to.entries.set(name, copied(node, copies))
}

/** The same once more, with nothing in common. */
export const copyOf = ({ nodes, log }: Remains): Remains => {
  const copy = newNodes(clock.now)
  fill(copy.root, nodes.root, new Map())
  return { nodes: copy, log: { ...log, records: [...log.records], rows: new Map(log.rows), cut: [...log.cut] } }
}

export const newRemains = (): Remains => ({ nodes: newNodes(clock.now), log: newLog(crypto.randomUUID()) })

/** A backend over files in memory that its maker can reach, too. */
export const backendOn = (nodes: Nodes, through: (driver: WorldDriver) => Driver = (driver) => driver): Backend => {
  const world = makeWorld(memoryLayout, diskOf(nodes), clock.now)
  return driverBackend({
    layout: memoryLayout,
    supports: { readOnlyViews: false },
    start: async () => E.right(through(memoryDriver(world))),
    remakes: ['scratch of an Active', 'scratch of a View', 'template', 'base files'],
    contentPath: ({ id }) => `C:\\varve\\${id}`,
  })
}

const removeAll = (disk: Disk, path: string): void => {
  const type = disk.lstat(path)?.type
  if (type === 'directory') {
    for (const { name } of disk.readdir(path)) removeAll(disk, `${path}/${name}`)
    disk.rmdir(path)
  } else if (type !== undefined) disk.unlink(path)
}

/** The files of a root in memory. */
export const rootOf = (disk: Disk): RootFiles => {
  const write = async (path: string, content: Uint8Array | string): Promise<void> => {
    const above = path.lastIndexOf('/')
    if (above > 0) disk.mkdir(path.slice(0, above))
    disk.write(path, typeof content === 'string' ? new TextEncoder().encode(content) : content)
  }
  return {
    list: async (path) => (disk.lstat(path)?.type === 'directory' ? disk.readdir(path).map(({ name }) => name) : []),
    read: async (path) => {
      const stat = disk.lstat(path)
      return stat?.type === 'file' ? disk.read(path, 0, stat.size) : undefined
    },
    write,
    truncate: (path, length) => write(path, disk.read(path, 0, length)),
    remove: async (path) => removeAll(disk, path),
    rename: async (from, to) => disk.rename(from, to),
  }
}

const hashOf = (text: string): string => text.slice(-66, -2)

/** The log of a store in memory, behind its back. */
const logOf = (log: MemoryLog, { sha256 }: MemoryStore): FsckSubject['log'] => {
  const at = (seq: number): number => log.records.findIndex((record) => record.seq === seq)
  return {
    records: async () => log.records.map(({ seq, text }) => ({ seq, text })),
    put: async ({ seq, text }) => {
      const record = { seq, text, hash: hashOf(text) }
      if (at(seq) < 0) log.records.push(record)
      else log.records[at(seq)] = record
    },
    drop: async (seq) => void log.records.splice(at(seq), 1),
    loseAfter: async (seq) => void log.records.splice(at(seq) + 1),
    rows: async () => log.rows,
    putRow: async (key, value) => void (value === undefined ? log.rows.delete(key) : log.rows.set(key, value)),
    anchor: async () => (log.anchor === 'damaged' ? undefined : log.anchor),
    setAnchor: async (anchor) => void (log.anchor = anchor),
    sha256,
  }
}

/** What the suite of damages is run with, in memory. */
export const subjectOn = ({ nodes, log }: Remains): FsckSubject => {
  const backend = backendOn(nodes)
  const store = storeOf(log)
  const pair = { store, backend }
  return {
    open: () => openSnapshotter(pair),
    leaveAttached: async (written) => {
      const killed = { store: storeOf(log), backend: backendOn(nodes) }
      await attachAll(await openSnapshotter(killed), written)
      killed.store.losePower()
    },
    check: () => check(pair),
    repair: (plan) => repair(plan, pair),
    rescue: async () => {
      Object.assign(log, { log: crypto.randomUUID(), anchor: undefined })
      log.records.length = 0
      log.rows.clear()
      return rescue(pair)
    },
    root: rootOf(diskOf(nodes)),
    log: logOf(log, store),
    beside: (id) => ({ content: `scratch/${id}/Files/left`, temporary: `mounts/${id}.tmp/left` }),
    remakesTemplates: true,
  }
}

/** A closed world, and its layers. */
export const closedWorld = async (
  seed: number,
): Promise<{ readonly remains: Remains; readonly layers: readonly KnownLayer[] }> => {
  const remains = newRemains()
  const layers = await makeClosedWorld(subjectOn(remains), diceFrom(seed))
  return { remains, layers }
}
