import { invalidEntry, type ImportLayer } from '@varve/core/ports'
import type { FileEntry, LayerEntry, LinkEntry, StreamEntry, SymlinkEntry } from '@varve/core/tar'
import type { Output } from './disk.js'
import { causeAt, raise } from './failure.js'
import { findPath, parentSearch, type ParentSearch } from './find.js'
import { layerFolders, type Where } from './folders.js'
import { importTable } from './import-table.js'
import { clonedMachine, isOfMachine } from './machine.js'
import { isFolderLine, readTable, type TableRow } from './table.js'
import { copyFile } from './tree.js'
import { step, type Work } from './work.js'
import { layerOf, type World } from './world.js'

/** Where the entries of a layer go, one after another. */
export type LayerSink = {
  /** `offset` is that of the entry in the tar, for messages. What has bytes gets them by `write`. */
  readonly add: (entry: LayerEntry, offset: number) => Work<void>
  /** Bytes of the entry added last, as many as it said. */
  readonly write: (bytes: Uint8Array) => void
  /** Everything has come. */
  readonly close: () => Work<void>
  /** Closes what is open. The layer is half-done then; whoever opened the sink empties it. */
  readonly abort: () => void
}

/** Bytes that are still to come, and what is done when the last one is there. */
type Body = { readonly output: Output; readonly left: number; readonly end: () => void }

const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')))
const lastOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1)

/** Where in the layer's directory the entries of a tar go. */
const placesIn = ({ disk }: World, { layer, parents }: ImportLayer, search: ParentSearch) => {
  const root = layerOf(layer)
  const isCloned = (name: string): boolean => parents.length > 0 && isOfMachine(name)
  const folders = layerFolders(disk, root, isCloned)
  const machine = clonedMachine(disk, layer, search, folders)
  const pathOf = (name: string, where: Where): string => `${folders.enter(parentOf(name), where)}/${lastOf(name)}`
  return {
    machine,
    enter: folders.enter,
    /** The path of a new entry, with the folder made that it is in and what it replaces gone. */
    *make(entry: LayerEntry, where: Where): Work<string> {
      if (!isCloned(entry.name)) return pathOf(entry.name, where)
      yield* machine.begin(where)
      const found = findPath(disk, folders.enter(parentOf(entry.name), where), lastOf(entry.name))
      if (found.type !== 'there') return pathOf(entry.name, where)
      yield* machine.replace(entry, found.path)
      const isKept = found.stat.type === 'directory' && entry.type === 'directory'
      return isKept ? found.path : pathOf(entry.name, where)
    },
    /** The path of an entry that was made. */
    find: (name: string): string => {
      const found = isCloned(name) ? findPath(disk, root, name) : undefined
      return found?.type === 'there' ? found.path : `${root}/${name}`
    },
  }
}

/** The parts of a sink that make one entry in the layer's directory. */
const makers = (world: World, intent: ImportLayer) => {
  const { disk } = world
  const search = parentSearch(world, intent.parents)
  const places = placesIn(world, intent, search)
  return {
    *file(entry: FileEntry, where: Where): Work<Body> {
      const output = disk.create(yield* places.make(entry, where))
      const end = (): void => {
        output.setTime(entry.times.modified)
        output.close()
      }
      return { output, left: entry.size, end }
    },
    *folder(entry: LayerEntry, where: Where): Work<void> {
      disk.mkdir(yield* places.make(entry, where))
    },
    *symlink(entry: SymlinkEntry, where: Where): Work<void> {
      const path = yield* places.make(entry, where)
      disk.symlink(entry.target, path)
      disk.setTime(path, entry.times.modified)
    },
    *link(entry: LinkEntry, where: Where): Work<void> {
      const path = yield* places.make(entry, where)
      const own = findPath(disk, layerOf(intent.layer), entry.target)
      const found = own.type === 'missing' ? yield* search(entry.target) : own
      if (found.type !== 'there' || found.stat.type !== 'file') {
        const rule = 'must link to a file that comes before it or that a parent has'
        return raise(invalidEntry(where.name, where.offset, entry.target, rule))
      }
      if (found === own) return disk.link(found.path, path)
      yield* copyFile(disk, found.path, path, found.stat.size)
      // All names of a file have its time, whatever the tar says of the link.
      disk.setTime(path, found.stat.mtime)
    },
    *remove(where: Where): Work<void> {
      if (isOfMachine(where.name)) yield* places.machine.remove(where)
    },
    *hideBelow(where: Where): Work<void> {
      const rule = 'must not be an opaque whiteout: a utility VM is a copy, not a view'
      if (isOfMachine(where.name)) raise(invalidEntry(where.name, where.offset, 'one', rule))
      places.enter(where.name, where)
      yield step
    },
    /** Making what is in a folder moved its time on. */
    *restoreFolders(table: string): Work<void> {
      const restore = ({ entry }: TableRow): void => {
        if (entry.type === 'directory') disk.setTime(places.find(entry.name), entry.times.modified)
      }
      yield* readTable(world, table, restore, isFolderLine)
    },
  }
}

/** Fills an empty layer. Nothing outside of the layer's directory is touched, whatever the entries say. */
export function* openSink(world: World, intent: ImportLayer): Work<LayerSink> {
  const parts = makers(world, intent)
  const table = yield* importTable(world.disk, intent.layer)
  let body: Body | undefined

  const begin = (next: Body): void => {
    body = next
    if (next.left > 0) return
    next.end()
    body = undefined
  }
  function* addStream(entry: StreamEntry): Work<void> {
    begin({ output: table.addStream(entry), left: entry.size, end: () => undefined })
    yield step
  }
  function* make(entry: LayerEntry, offset: number): Work<void> {
    if (entry.type === 'stream') return yield* addStream(entry)
    const where = { name: entry.name, offset }
    yield* table.add(entry)
    if (entry.type === 'file') begin(yield* parts.file(entry, where))
    else if (entry.type === 'directory') yield* parts.folder(entry, where)
    else if (entry.type === 'link') yield* parts.link(entry, where)
    else if (entry.type === 'whiteout') yield* parts.remove(where)
    else if (entry.type === 'opaque') yield* parts.hideBelow(where)
    else yield* parts.symlink(entry, where)
    yield { files: 1, bytes: 0 }
  }
  function* add(entry: LayerEntry, offset: number): Work<void> {
    try {
      yield* make(entry, offset)
    } catch (cause) {
      throw causeAt(entry.name, offset, cause)
    }
  }
  return {
    add,
    write: (bytes) => {
      if (body === undefined) throw new Error('bytes came that no entry has')
      body.output.write(bytes)
      begin({ ...body, left: body.left - bytes.length })
    },
    *close() {
      yield* table.finish()
      yield* parts.restoreFolders(table.path)
      yield* table.place()
    },
    abort: () => {
      body?.output.close()
      table.close()
    },
  }
}
