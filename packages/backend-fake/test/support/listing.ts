import { createHash } from 'node:crypto'
import type { SnapshotId } from '@varve/core/ports'
import type { Disk } from '../../src/world/disk.js'
import type { World } from '../../src/world/world.js'
import { attach, create, detach, perform, retire, destroy } from './acts.js'

const mebibyte = 1024 ** 2

/** Large files are disks, all of whose bytes that are not zero lie here. */
const partsOfDisk = [
  [0, mebibyte / 2],
  [2 * mebibyte, mebibyte / 8],
] as const

const contentOf = (disk: Disk, path: string, size: number): string => {
  if (size <= 64) return JSON.stringify(new TextDecoder().decode(disk.read(path, 0, size)))
  const hash = createHash('sha256')
  const parts = size > mebibyte ? partsOfDisk : ([[0, size]] as const)
  for (const [offset, length] of parts) hash.update(disk.read(path, offset, length))
  return `${size} bytes ${hash.digest('hex')}`
}

/** Everything below a path, one line per entry: what two runs have to agree on. Files of one inode share a number.
 * What `left` matches is left out. */
export const listing = (disk: Disk, path: string, left?: RegExp): readonly string[] => {
  const lines: string[] = []
  const links = new Map<bigint, number>()
  const visit = (at: string): void => {
    for (const { name } of disk.readdir(at).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const below = at === '' ? name : `${at}/${name}`
      const stat = disk.lstat(below)
      if (stat === undefined || left?.test(below) === true) continue
      if (stat.links > 1 && stat.type === 'file' && !links.has(stat.inode)) links.set(stat.inode, links.size + 1)
      const link = stat.type === 'file' && stat.links > 1 ? ` link ${links.get(stat.inode)}` : ''
      const what =
        stat.type === 'file'
          ? `file ${contentOf(disk, below, stat.size)}${link}`
          : stat.type === 'symlink'
            ? `symlink ${disk.readlink(below)}`
            : stat.type
      lines.push(`${below} ${what}`)
      if (stat.type === 'directory') visit(below)
    }
  }
  visit(path)
  return lines
}

const viewId = 900

const addedByConversion = /^Windows(?:\/|$| )/

/** What a view of these layers, nearest first, shows, without the hives that a conversion adds. */
export const seen = (world: World, parents: readonly SnapshotId[]): readonly string[] => {
  perform(world, create(viewId, { parents, kind: 'View' }))
  perform(world, attach(viewId, parents))
  const lines = listing(world.disk, `mounts/${viewId}`).map((line) => line.slice(`mounts/${viewId}/`.length))
  perform(world, detach(viewId, parents))
  perform(world, retire(viewId))
  perform(world, destroy(viewId))
  return lines.filter((line) => !addedByConversion.test(line))
}
