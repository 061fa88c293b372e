/**
 * What worlds may differ in, taken out of everything that is compared after a script. Nothing else is: whatever is left has to
 * be the same in each.
 */
import type { Recorded } from '../src/model/event.js'
import type { Layout } from '../src/model/layout.js'
import { readParentLayerPaths } from '../src/model/mount-options.js'
import type { Mount } from '../src/model/snapshot.js'
import { isAddedByWindows, type Tree } from './content.js'

type Fields = Readonly<Record<string, unknown>>

/** Ids are counted from the first one of the script: others may have gone before it. */
export const firstIdOf = (records: readonly Recorded[]): number => {
  const first = records.find(({ type }) => type === 'PrepareAccepted')
  return first?.type === 'PrepareAccepted' ? first.data.id : 1
}

/** Roots and separators are the host's. */
const placeIn = (layout: Layout, path: string, firstId: number): string =>
  (path.startsWith(layout.root) ? path.slice(layout.root.length) : `elsewhere: ${path}`)
    .replaceAll(layout.separator, '/')
    .replace(/^\/snapshots\/(\d+)/, (_, id) => `layer ${Number(id) - firstId + 1}`)

export const mountsIn = (layout: Layout, mounts: readonly Mount[], firstId: number): readonly Fields[] =>
  mounts.map(({ source, options, ...rest }) => {
    const parents = readParentLayerPaths(options)
    if (parents._tag === 'Left') throw new Error(parents.left.message)
    return {
      ...rest,
      source: placeIn(layout, source, firstId),
      options: options.map((option) => option.replace(/=.*$/s, '')),
      parents: parents.right.map((path) => placeIn(layout, path, firstId)),
    }
  })

/** 2020. Scripts give times before it; a later one is when the script ran. */
const recently = 1_577_836_800_000_000_000n

/** In steps of ten microseconds: not every host keeps more than one, and some cut where others round. */
export const timeOf = (time: bigint): string => (time < recently ? `${time / 10_000n}0 us` : 'recent')

/** Hives and the folders above them come with layers of Windows at different moments, and other bytes are in them. */
export const withoutWindows = (tree: Tree): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => !isAddedByWindows(path.split(':')[0] ?? path)))

const failureOf = (failure: unknown): unknown => {
  const { _tag, field, entry, offset } = failure as Fields
  return { _tag, field, entry, offset }
}

/**
 * Figures depend on hives and scratch disks; what a failure says on paths and codes. A disk has the size of its template at
 * least, which differs.
 */
const dataOf = (data: Fields, firstId: number): Fields => {
  const { id, usage, effective, failure, ...rest } = data
  return {
    ...rest,
    ...(typeof id === 'number' ? { id: id - firstId + 1 } : {}),
    ...(usage === undefined ? {} : { inodes: (usage as Fields)['inodes'] }),
    ...(effective === undefined ? {} : { effective: effective === null ? null : 'of some size' }),
    ...(failure === undefined ? {} : { failure: failureOf(failure) }),
  }
}

/**
 * Without times and hashes. What is owed is done whenever there is time for it, so that its events stand apart, and the numbers
 * of the others are those they have without them.
 */
export const eventsIn = (records: readonly Recorded[]): readonly string[] => {
  const firstId = firstIdOf(records)
  const told = records.filter(({ type }) => type !== 'Destroyed')
  const numbers = new Map(told.map(({ seq }, index) => [String(seq), index + 1]))
  const shown = told.map(({ type, data, cause }) =>
    JSON.stringify([type, dataOf(data, firstId), numbers.get(cause.id) ?? 'another', cause.by ?? '']),
  )
  const destroyed = records.flatMap((one) => (one.type === 'Destroyed' ? [one.data.id - firstId + 1] : []))
  return [...shown, `Destroyed ${destroyed.toSorted((a, b) => a - b).join()}`]
}
