import { readParentLayerPaths } from '../src/model/mount-options.js'
import type { Recorded } from '../src/model/event.js'
import type { Info, Labels, Mount } from '../src/model/snapshot.js'
import { equal, type Refusal, rejects } from './assert.js'
import { type Case, caseOf } from './case.js'
import type { PromiseSnapshotter, SnapshotterSubject } from './subject.js'

export type SnapshotterCase = Case<SnapshotterSubject>

/** A case that is run with a fresh snapshotter. */
export const snapshotterCase = (
  name: string,
  body: (snapshotter: PromiseSnapshotter, subject: SnapshotterSubject) => Promise<void>,
): SnapshotterCase => caseOf(name, (subject) => body(subject.snapshotter, subject))

const layerName = (path: string): string => {
  const names = path.split(/[\\/]/)
  return (names.at(-1) === 'Files' ? names.at(-2) : names.at(-1)) ?? ''
}

/** The one mount of a snapshot. */
export const onlyMount = (mounts: readonly Mount[]): Mount => {
  const [mount, ...more] = mounts
  if (mount === undefined || more.length > 0)
    throw new Error(`a snapshot has one mount; expected 1, found ${mounts.length}`)
  return mount
}

/** The id that mounts show: the name of the layer's directory. */
export const idOf = (mounts: readonly Mount[]): string => layerName(onlyMount(mounts).source)

/** The parents' ids that mounts show, nearest first. */
export const parentIdsOf = (mounts: readonly Mount[]): readonly string[] => {
  const paths = readParentLayerPaths(onlyMount(mounts).options)
  if (paths._tag === 'Left') throw new Error(paths.left.message)
  return paths.right.map(layerName)
}

type Made = { readonly parent?: string; readonly labels?: Labels; readonly key?: string }

/** Prepares a snapshot, by default under the key `<name>-tmp`, and commits it as `name` with the same labels. Answers its id. */
export const committed = async (
  snapshotter: PromiseSnapshotter,
  name: string,
  { parent = '', labels = {}, key = `${name}-tmp` }: Made = {},
): Promise<string> => {
  const mounts = await snapshotter.prepare(key, { parent, labels })
  await snapshotter.commit(name, key, { labels })
  return idOf(mounts)
}

/** Writes a file into a snapshot: attach, write, detach. */
export const writeInto = async (
  snapshotter: PromiseSnapshotter,
  key: string,
  path: string,
  content: string,
): Promise<void> => {
  const { files } = await snapshotter.attach(key)
  await files.write(path, content)
  await snapshotter.detach(key)
}

const byName = (a: Info, b: Info): number => (a.name < b.name ? -1 : Number(a.name > b.name))

/** Everything a walk shows, sorted by name. */
export const walked = async (
  snapshotter: PromiseSnapshotter,
  filters?: readonly string[],
): Promise<readonly Info[]> => {
  const infos: Info[] = []
  for await (const info of snapshotter.walk(filters)) infos.push(info)
  return infos.sort(byName)
}

/** The names a walk shows, sorted. */
export const walkedNames = async (
  snapshotter: PromiseSnapshotter,
  filters?: readonly string[],
): Promise<readonly string[]> => (await walked(snapshotter, filters)).map((info) => info.name)

/** The list of the records from now on, which grows as they are written. */
export const recordsOf = (snapshotter: PromiseSnapshotter): readonly Recorded[] => {
  const records: Recorded[] = []
  snapshotter.events$.subscribe((recorded) => records.push(recorded))
  return records
}

/** Does `act`, and fails if that recorded anything or changed what a walk shows. */
export const recordsNothing = async (
  what: string,
  snapshotter: PromiseSnapshotter,
  act: () => Promise<unknown>,
): Promise<void> => {
  // What earlier removals owe is recorded whenever it is done.
  await snapshotter.cleanup()
  const before = await walked(snapshotter)
  const records: Recorded[] = []
  const subscription = snapshotter.events$.subscribe((recorded) => records.push(recorded))
  await act()
  subscription.unsubscribe()
  equal(
    `${what}: events recorded`,
    records.map((recorded) => recorded.type),
    [],
  )
  equal(`${what}: what a walk shows`, await walked(snapshotter), before)
}

/** The InvalidArgument that a call rejects with: its `field` is the one given, its message begins to name it. */
export const invalid = async (what: string, promise: Promise<unknown>, field: string): Promise<Refusal> => {
  const refusal = await rejects(what, promise, 'InvalidArgument', field.replace(/[.[].*$/s, ''))
  equal(`${what}: the field that the InvalidArgument names`, refusal.field, field)
  return refusal
}
