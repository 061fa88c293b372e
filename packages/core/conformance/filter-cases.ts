import type { Info } from '../src/model/snapshot.js'
import { equal, rejects } from './assert.js'
import { acceptedFilters, type FilterMatch, filterMatches, rejectedFilters } from './filter-samples.js'
import { committed, recordsNothing, type SnapshotterCase, snapshotterCase, walked, walkedNames } from './fixtures.js'
import type { PromiseSnapshotter } from './subject.js'

const accepted = snapshotterCase('filters/accepted', async (snapshotter) => {
  await committed(snapshotter, 'base', { labels: { a: '1' } })
  for (const filter of acceptedFilters) await recordsNothing(filter, snapshotter, () => walked(snapshotter, [filter]))
})

const rejected = snapshotterCase('filters/rejected', async (snapshotter) => {
  await committed(snapshotter, 'base', { labels: { a: '1' } })
  for (const filter of rejectedFilters)
    await rejects(`walk ${JSON.stringify(filter)}`, walked(snapshotter, [filter]), 'InvalidArgument')
})

const isStored = ({ info }: FilterMatch): boolean => Object.keys(info.labels).every((key) => key !== '')

/** Makes a snapshot of that kind, name, parent and labels. */
const make = async (snapshotter: PromiseSnapshotter, { kind, name, parent, labels }: Info): Promise<void> => {
  if (parent !== '') await committed(snapshotter, parent)
  if (kind === 'Committed') await committed(snapshotter, name, { parent, labels })
  else if (kind === 'Active') await snapshotter.prepare(name, { parent, labels })
  else await snapshotter.view(name, { parent, labels })
}

const found = snapshotterCase('filters/what they find', async (snapshotter) => {
  let made: Info | undefined
  for (const { filter, info, matches } of filterMatches.filter(isStored)) {
    if (JSON.stringify(info) !== JSON.stringify(made)) {
      for (const name of made === undefined ? [] : [made.name, made.parent])
        if (name !== '') await snapshotter.remove(name)
      await make(snapshotter, info)
      made = info
    }
    const names = await walkedNames(snapshotter, [filter])
    equal(`${JSON.stringify(filter)} finds ${info.name}`, names.includes(info.name), matches)
  }
})

/** The filter language, through walks. */
export const filterCases: readonly SnapshotterCase[] = [accepted, rejected, found]
