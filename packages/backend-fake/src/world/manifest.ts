import { backendFault, type SnapshotId } from '@varve/core/ports'
import type { Disk, EntryType, Stat } from './disk.js'
import { codes, raise } from './failure.js'
import type { Merged, Origin } from './merge.js'
import { readLines, writeRows } from './rows.js'
import { step, type Work } from './work.js'
import { manifestOf, mountOf, shownPath, type World } from './world.js'

/** An entry of a merged tree as it was when the tree was complete. */
export type Row = {
  readonly type: EntryType
  readonly size: number
  readonly inode: string
  readonly ctime: string
  readonly origin: Origin
  /** The layer that it came from; unknown in a manifest of an older version. */
  readonly layer: SnapshotId | undefined
}

type StoredRow = readonly [
  path: string,
  type: EntryType,
  size: number,
  inode: string,
  ctime: string,
  origin: Origin,
  layer?: SnapshotId,
]

/** A directory's size says nothing about its entries. */
const sizeOf = (stat: Stat): number => (stat.type === 'directory' ? 0 : stat.size)

/** Whether an entry is as it was. */
export const isUnchanged = (row: Row, stat: Stat): boolean =>
  row.type === stat.type &&
  row.size === sizeOf(stat) &&
  row.inode === String(stat.inode) &&
  row.ctime === String(stat.ctime)

function* rowsOf(
  disk: Disk,
  view: Merged,
  tree: string,
  path: string,
  seen: (ctime: bigint) => void,
): Generator<StoredRow> {
  for (const child of view.children.values()) {
    const at = path === '' ? child.name : `${path}/${child.name}`
    const stat = disk.lstat(`${tree}/${at}`)
    if (stat === undefined) continue
    seen(stat.ctime)
    yield [at, stat.type, sizeOf(stat), String(stat.inode), String(stat.ctime), child.origin, child.layer]
    yield* rowsOf(disk, child, tree, at, seen)
  }
}

const longestWait = 5_000_000_000n

/**
 * Waits until the file system's clock has passed `ctime`: it ticks in milliseconds, on some in seconds, and a change within the
 * tick of the manifest's last row could not be told from none.
 */
function* waitUntilAfter({ disk, now }: World, probe: string, ctime: bigint): Work<void> {
  const from = now()
  for (;;) {
    // Before the look: a process that was stopped in between has seen nothing of the time that has passed.
    const waited = now() - from
    disk.write(probe, Uint8Array.of(0))
    const reached = disk.lstat(probe)?.ctime ?? ctime
    if (reached > ctime) break
    if (waited > longestWait)
      raise(backendFault('the clock of the file system stands still; set it going and attach again', codes.unspecified))
    yield { ...step, pause: 'time' }
  }
  disk.unlink(probe)
}

/** Notes the state of every entry of a merged tree that was built at `tree`. */
export function* writeManifest(world: World, id: SnapshotId, view: Merged, tree: string): Work<void> {
  let latest = 0n
  const seen = (ctime: bigint): void => {
    if (ctime > latest) latest = ctime
  }
  yield* writeRows(world.disk, manifestOf(id), rowsOf(world.disk, view, tree, '', seen))
  yield* waitUntilAfter(world, `${mountOf(id)}.probe`, latest)
}

/** By path below the tree's root. */
export function* readManifest(world: World, id: SnapshotId): Work<Map<string, Row>> {
  const path = manifestOf(id)
  if (world.disk.lstat(path) === undefined) {
    const tree = shownPath(world, mountOf(id))
    raise(
      backendFault(
        `${shownPath(world, path)} is missing, so what was written in ${tree} can't be told from what was there; save what you need from it and remove it`,
        codes.fileNotFound,
      ),
    )
  }
  const rows = new Map<string, Row>()
  yield* readLines(
    world,
    path,
    (line) => JSON.parse(line) as StoredRow,
    ([at, type, size, inode, ctime, origin, layer]) => rows.set(at, { type, size, inode, ctime, origin, layer }),
  )
  return rows
}
