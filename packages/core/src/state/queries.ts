import * as E from 'fp-ts/lib/Either.js'
import { failedPrecondition, notFound, type Rejection } from '../model/fault.js'
import { layerPath, type Layout } from '../model/layout.js'
import { parentLayerPathsOption } from '../model/mount-options.js'
import { profileRow } from '../model/profile.js'
import type { Mount, Snapshot } from '../model/snapshot.js'
import { parentIds, type State } from './state.js'
import { get } from './table.js'

/** The completed snapshot under a key or name. */
export const find = (state: State, name: string): E.Either<Rejection, Snapshot> => {
  const snapshot = get(state.snapshots, name)
  return snapshot === undefined ? E.left(notFound(`snapshot ${name}`)) : E.right(snapshot)
}

/** What a runtime has to mount: one mount, rendered from the record alone. Committed snapshots have none. */
export const mountsOf = (state: State, key: string, layout: Layout): E.Either<Rejection, readonly Mount[]> => {
  const found = find(state, key)
  if (E.isLeft(found)) return found
  const { id, kind, parent, purpose } = found.right
  if (kind === 'Committed') {
    return E.left(failedPrecondition(`mounts of snapshot ${key}: it is Committed, make a view of it`))
  }
  const row = profileRow(state.profile, kind, parent !== '', purpose)
  const parents = parentIds(state, parent)
  const directory = layerPath(layout, id)
  const access = kind === 'Active' ? 'rw' : 'ro'
  const paths = parentLayerPathsOption(parents.map((layer) => layerPath(layout, layer)))
  return E.right([
    {
      type: row.mount,
      source: row.inFiles ? `${directory}${layout.separator}Files` : directory,
      target: '',
      options: parents.length > 0 || row.emptyParentPaths ? [access, paths] : [access],
    },
  ])
}
