import * as E from 'fp-ts/lib/Either.js'
import type { Refused, Snapshotter } from '@varve/core'
import type { Files, FilesError } from '@varve/core/ports'
import { allows } from './content.js'
import type { Machine } from './machine.js'
import { layerWithId, type Layer, type Model } from './model.js'

const key = 'audit'

/** What it shows of a layer at a path; undefined: nothing. */
const readAt = async (files: Files, path: string): Promise<E.Either<FilesError, string | undefined>> => {
  const read = await files.read(path)()
  if (E.isRight(read)) return E.right(new TextDecoder().decode(read.right))
  return read.left._tag === 'NotFound' ? E.right(undefined) : read
}

const compare = async (files: Files, { name, content }: Layer): Promise<string | undefined> => {
  for (const [path, possible] of content) {
    const found = await readAt(files, path)
    if (E.isLeft(found)) return `${path} of ${name} can't be read: ${found.left.message}`
    if (!allows(possible, found.right))
      return `${name} shows ${JSON.stringify(found.right)} at ${path}, not ${JSON.stringify(possible)}`
  }
  return undefined
}

const failed = ({ message }: Refused): string => `it can't be looked at: ${message}`

/** Reads a committed layer as any client can: through a view of it. Answers what is not as it was acknowledged. */
const auditLayer = async (snapshotter: Snapshotter, layer: Layer): Promise<string | undefined> => {
  const made = await snapshotter.view(key, { parent: layer.name, by: key })()
  if (E.isLeft(made)) return failed(made.left)
  const attached = await snapshotter.attach(key, { by: key })()
  if (E.isLeft(attached)) return failed(attached.left)
  const found = await compare(attached.right.files, layer)
  const detached = await snapshotter.detach(key, { by: key })()
  if (E.isLeft(detached)) return failed(detached.left)
  const removed = await snapshotter.remove(key, { by: key })()
  if (E.isLeft(removed)) return failed(removed.left)
  return found
}

/** A base layer that nothing was unpacked into has no disk for what stands on it. */
const canBeViewed = (model: Model, { id, parents }: Layer): boolean =>
  layerWithId(model, parents.at(-1) ?? id)?.purpose === 'scratch'

/** Looks at one of the committed layers, another each time. */
export const audit = async (
  { model }: Machine,
  snapshotter: Snapshotter,
  turn: number,
): Promise<string | undefined> => {
  const committed = [...model.layers.values()].filter((one) => one.kind === 'Committed' && canBeViewed(model, one))
  const layer = committed[turn % Math.max(committed.length, 1)]
  return layer && auditLayer(snapshotter, layer)
}
