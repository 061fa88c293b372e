import { foldName, type SnapshotId } from '@varve/core/ports'
import type { Disk, EntryType } from './disk.js'
import { readDeletions } from './table.js'
import { sparingly, step, type Work } from './work.js'
import { filesOf, tableOf, type World } from './world.js'

/** `parents`, `own`: only there. `both`: the layer's own, over one of its parents'. */
export type Origin = 'parents' | 'own' | 'both'

/** An entry of the merged view. */
export type Merged = {
  readonly name: string
  readonly type: EntryType
  /** Where its content and metadata are. */
  readonly at: string
  readonly origin: Origin
  /** The layer whose it is; 0 for a root that no layer has. */
  readonly layer: SnapshotId
  /** Empty unless a directory. */
  readonly children: Map<string, Merged>
}

/** A layer's part of the view: a directory of entries, and paths hidden from the layers below. */
export type Content = { readonly files: string | undefined; readonly deleted: readonly string[] }

/**
 * How names of a layer meet those below it. Between committed layers as in NTFS; what stands in a scratch was made on the
 * host, beside names that may differ in case alone.
 */
type Meeting = { readonly own: boolean; readonly keyOf: (name: string) => string }

const committed: Meeting = { own: false, keyOf: foldName }
const scratch: Meeting = { own: true, keyOf: (name) => name }

const emptyRoot = (): Merged => ({
  name: '',
  type: 'directory',
  at: '',
  origin: 'parents',
  layer: 0,
  children: new Map(),
})

/** The directory's children are keyed as between committed layers. */
const hiddenKey = ({ children }: Merged, name: string, { own }: Meeting): string | undefined => {
  const key = foldName(name)
  const child = children.get(key)
  return child === undefined || (own && child.name !== name) ? undefined : key
}

/** Hides what lies at these paths. */
const hide = (root: Merged, deleted: readonly string[], meeting: Meeting): void => {
  for (const path of deleted) {
    if (path === '') root.children.clear()
    const names = path.split('/')
    const last = names.pop() ?? ''
    let parent: Merged | undefined = root
    for (const name of names) {
      const key: string | undefined = parent && hiddenKey(parent, name, meeting)
      parent = key === undefined ? undefined : parent?.children.get(key)
    }
    const key = parent && hiddenKey(parent, last, meeting)
    if (key !== undefined) parent?.children.delete(key)
  }
}

const rekeyed = (children: Map<string, Merged>, meeting: Meeting): void => {
  const all = [...children.values()]
  children.clear()
  for (const child of all) children.set(meeting.keyOf(child.name), child)
}

/** Lays a layer's directory over what the view shows there. */
function* lay(disk: Disk, view: Merged, path: string, meeting: Meeting, isDue = sparingly()): Work<void> {
  const { layer } = view
  if (meeting.own) rekeyed(view.children, meeting)
  for (const { name, type } of disk.readdir(path)) {
    const key = meeting.keyOf(name)
    const below = view.children.get(key)
    const at = `${path}/${name}`
    const isMerged = type === 'directory' && below?.type === 'directory'
    const origin = !meeting.own ? 'parents' : below === undefined ? 'own' : 'both'
    const entry: Merged = { name, type, at, origin, layer, children: isMerged ? below.children : new Map() }
    view.children.set(key, entry)
    if (type === 'directory') yield* lay(disk, entry, at, meeting, isDue)
    if (isDue()) yield step
  }
}

/**
 * The view of the parents, nearest first, before the layer itself. A parent that was unpacked and never filled has no
 * content.
 */
export function* parentsView(world: World, parents: readonly SnapshotId[]): Work<Merged> {
  const { disk } = world
  let root = emptyRoot()
  for (const parent of parents.toReversed()) {
    hide(root, yield* readDeletions(world, tableOf(parent)), committed)
    const files = filesOf(parent)
    if (disk.lstat(files) === undefined) continue
    root = { ...root, at: files, layer: parent }
    yield* lay(disk, root, files, committed)
  }
  return root
}

/** The parents' view without what the layer hides. */
export const withoutDeleted = (view: Merged, deleted: readonly string[]): Merged => {
  hide(view, deleted, scratch)
  return view
}

/** The parents' view with the layer's own content over it. */
export function* withOwn({ disk }: World, view: Merged, layer: SnapshotId, content: Content): Work<Merged> {
  const { files, deleted } = content
  const below = withoutDeleted(view, deleted)
  if (files === undefined) return below
  const root = { ...below, at: files, layer }
  yield* lay(disk, root, files, scratch)
  return root
}
