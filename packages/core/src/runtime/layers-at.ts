import * as E from 'fp-ts/lib/Either.js'
import { notFound, type NotFound } from '../model/fault.js'
import { pathOf, type Layout } from '../model/layout.js'
import type { SnapshotId } from '../model/snapshot.js'

const idForm = /^[1-9]\d{0,15}$/

/** The layers whose directories these are. Paths are compared as text; NotFound for one that is no layer of this root. */
export const layersAt = (
  asked: string,
  layout: Layout,
  paths: readonly string[],
): E.Either<NotFound, readonly SnapshotId[]> => {
  const above = `${pathOf(layout, 'snapshots')}${layout.separator}`
  const ids: SnapshotId[] = []
  for (const path of paths) {
    const name = path.startsWith(above) ? path.slice(above.length) : ''
    if (!idForm.test(name)) return E.left(notFound(`${asked}: layer ${path} in ${layout.root}`))
    ids.push(Number(name))
  }
  return E.right(ids)
}
