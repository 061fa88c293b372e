import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Kind, Labels, Profile, Purpose, SnapshotId } from './snapshot.js'

/**
 * What a backend keeps beside each layer, so that it is known without its log. `name` is a key until the commit; labels are those
 * given at creation or commit, be it one that failed.
 */
export type Sidecar = {
  readonly id: SnapshotId
  readonly kind: Kind
  readonly name: string
  /** Nearest first. */
  readonly parents: readonly SnapshotId[]
  readonly purpose: Purpose
  readonly profile: Profile
  readonly labels: Labels
}

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0

const Id = new t.Type<number>('Id', isId, (u, c) => (isId(u) ? t.success(u) : t.failure(u, c)), t.identity)

const SidecarCodec: t.Type<Sidecar, unknown> = t.strict({
  id: Id,
  kind: t.union([t.literal('Active'), t.literal('View'), t.literal('Committed')]),
  name: t.string,
  parents: t.readonlyArray(Id),
  purpose: t.union([t.literal('scratch'), t.literal('unpack')]),
  profile: t.union([t.literal('bind'), t.literal('windows-layer')]),
  labels: t.record(t.string, t.string),
})

/** The text of a sidecar that a backend wrote for a layer of a log, or undefined where it is none. */
export const readSidecar = (text: string): { readonly log: string; readonly sidecar: Sidecar } | undefined => {
  try {
    const found: unknown = JSON.parse(text)
    const sidecar = SidecarCodec.decode(found)
    if (E.isLeft(sidecar) || typeof found !== 'object' || found === null || !('log' in found)) return undefined
    return typeof found.log === 'string' ? { log: found.log, sidecar: sidecar.right } : undefined
  } catch {
    return undefined
  }
}
