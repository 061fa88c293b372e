import type { SnapshotId } from '@varve/core/ports'
import type { Disk, Stat } from './disk.js'
import { step, type Work } from './work.js'

const sliceLength = 4 * 1024 * 1024
const nothing = new Uint8Array(0)

export function* removeTree(disk: Disk, path: string): Work<void> {
  const type = disk.lstat(path)?.type
  if (type === undefined) return
  if (type === 'directory') yield* removeDirectory(disk, path)
  else disk.unlink(path)
  yield step
}

function* removeDirectory(disk: Disk, path: string): Work<void> {
  disk.unlock(path)
  for (const { name, type } of disk.readdir(path)) {
    const below = `${path}/${name}`
    if (type === 'directory') yield* removeDirectory(disk, below)
    else disk.unlink(below)
    yield step
  }
  disk.rmdir(path)
}

/** Makes `to` a file of its own with the content of `from`. */
export function* copyFile(disk: Disk, from: string, to: string, size: number): Work<void> {
  if (disk.clone(from, to, size)) {
    yield { files: 1, bytes: size }
    return
  }
  disk.write(to, nothing)
  for (let offset = 0; offset < size; offset += sliceLength) {
    const length = Math.min(sliceLength, size - offset)
    disk.copyRange(from, to, offset, length)
    yield { files: 0, bytes: length }
  }
  yield { files: 1, bytes: 0 }
}

/** Of something that has to be there. */
export const statOf = (disk: Disk, path: string): Stat => {
  const stat = disk.lstat(path)
  if (stat === undefined) throw Object.assign(new Error(`ENOENT: ${path} is missing`), { code: 'ENOENT' })
  return stat
}

/** Copies of files with several names: by inode of the original, the first copy. */
export type Links = Map<bigint, string>

/** Copies one entry with its metadata. A directory is made empty, and given its metadata by whoever fills it. */
export function* copyEntry(disk: Disk, from: string, to: string, stat: Stat, links: Links): Work<void> {
  if (stat.type === 'file') return yield* copyLinked(disk, from, to, stat, links)
  if (stat.type === 'directory') disk.mkdir(to)
  // Has no content to copy and can't be made anew without the host's help.
  else if (stat.type === 'other') disk.link(from, to)
  else {
    disk.symlink(disk.readlink(from), to)
    disk.restore(to, stat)
  }
  yield step
}

function* copyLinked(disk: Disk, from: string, to: string, stat: Stat, links: Links): Work<void> {
  const first = links.get(stat.inode)
  if (first !== undefined) {
    disk.link(first, to)
    return yield step
  }
  yield* copyFile(disk, from, to, stat.size)
  disk.restore(to, stat)
  if (stat.links > 1) links.set(stat.inode, to)
}

/** Where a file of this layer is made before it gets its name, so that a file under its name is a complete one. */
export const partOf = (id: SnapshotId): string => `scratch/${id}.part`

/** Puts a file in its place when `make` has made it; one that is there is replaced. */
export function* placeFile(disk: Disk, id: SnapshotId, path: string, make: (part: string) => Work<void>): Work<void> {
  const part = partOf(id)
  yield* removeTree(disk, part)
  yield* make(part)
  disk.rename(part, path)
  yield step
}

/** As `placeBytes`, so that power that goes at any moment leaves the whole file or none, or the one that was there. */
export function* placeSafely(disk: Disk, id: SnapshotId, path: string, bytes: Uint8Array): Work<void> {
  yield* placeFile(disk, id, path, function* make(part) {
    disk.write(part, bytes)
    yield step
    disk.sync()
    yield step
  })
}

export function* placeBytes(disk: Disk, id: SnapshotId, path: string, bytes: Uint8Array): Work<void> {
  yield* placeFile(disk, id, path, function* make(part) {
    disk.write(part, bytes)
    yield step
  })
}
