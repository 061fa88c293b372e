import * as E from 'fp-ts/lib/Either.js'
import { decide } from '../decider/decide.js'
import { compressionOf, layerMediaType } from '../differ/media-types.js'
import { layerOf } from '../differ/mounts.js'
import type { Apply } from '../model/command.js'
import { decodeCommand } from '../model/decode-command.js'
import type { Descriptor } from '../model/descriptor.js'
import { aborted, closed, invalidArgument, notFound, shown } from '../model/fault.js'
import { find } from '../state/queries.js'
import { parentIds } from '../state/state.js'
import { blobsFor, type Differ } from './differ.js'
import { dispatch } from './engine.js'
import type { Refused } from './face.js'
import { layersAt } from './layers-at.js'
import { decodeCallOptions } from './options.js'
import { stopOf } from './pin.js'
import { isStream, provideBlob } from './provide-blob.js'

/** The key of the Active snapshot that the mounts are those of. */
const keyOf = async ({ engine, backend, profile }: Differ, mounts: unknown): Promise<E.Either<Refused, string>> => {
  const layer = layerOf(mounts, profile)
  if (E.isLeft(layer)) return layer
  const [{ options }] = mounts as readonly [{ readonly options: readonly string[] }]
  if (options.includes('ro') || layer.right.layer === null) {
    return E.left(invalidArgument('mounts[0].options', options, 'must be those of an Active snapshot, not read-only'))
  }
  const ids = layersAt('apply', backend.layout, [layer.right.layer, ...layer.right.parents])
  if (E.isLeft(ids)) return ids
  const [id = 0, ...parents] = ids.right
  await engine.layerNames.ready()
  const key = engine.layerNames.get(id)
  const snapshot = key === undefined ? undefined : find(engine.journal.accepted, key)
  if (key === undefined || snapshot === undefined || E.isLeft(snapshot)) {
    return E.left(notFound(`apply: snapshot of ${layer.right.layer}`))
  }
  const own = parentIds(engine.journal.accepted, snapshot.right.parent)
  return own.length === parents.length && own.every((parent, at) => parent === parents[at])
    ? E.right(key)
    : E.left(invalidArgument('mounts[0].options', options, `must name the parents of snapshot ${key}`))
}

const decodeApply = (
  descriptor: unknown,
  fields: Readonly<Record<string, unknown>>,
): E.Either<Refused, Omit<Apply, 'key'>> => {
  // Which key it is about is told by the mounts, which are looked at when everything else is well-formed.
  const decoded = decodeCommand({ ...fields, type: 'Apply', key: 'unknown', descriptor })
  if (E.isLeft(decoded)) return decoded
  const command = decoded.right as Apply
  const { mediaType } = command.descriptor
  return compressionOf(mediaType) === undefined
    ? E.left(invalidArgument('descriptor.mediaType', mediaType, 'must be that of an OCI or Docker image layer'))
    : E.right(command)
}

/** Fills a layer from a blob; see the face. */
export const apply = async (
  differ: Differ,
  descriptor: unknown,
  mounts: unknown,
  options: unknown,
): Promise<E.Either<Refused, Descriptor>> => {
  const { engine } = differ
  const given = decodeCallOptions('Apply', options)
  if (E.isLeft(given)) return given
  const { signal, fields } = given.right
  const { stream, ...others } = fields
  if (stream !== undefined && !isStream(stream))
    return E.left(invalidArgument('stream', stream, 'must be an AsyncIterable of bytes'))
  const decoded = decodeApply(descriptor, others)
  if (E.isLeft(decoded)) return decoded
  const key = await keyOf(differ, mounts)
  if (E.isLeft(key)) return key
  const command: Apply = { ...decoded.right, key: key.right }
  const blobs = blobsFor(`apply ${shown(command.descriptor.digest)}`, differ.blobs)
  if (E.isLeft(blobs)) return blobs
  if (signal?.aborted === true) return E.left(aborted(signal.reason))
  // What will be refused, or is done already, needs no blob.
  const foreseen = decide(engine.journal.accepted, command)
  const needsBlob = E.isLeft(foreseen) ? foreseen.left._tag === 'Unavailable' : foreseen.right.length > 0
  if (needsBlob) {
    const stop = stopOf(engine, signal)
    const giving = { descriptor: command.descriptor, stream, stop }
    const provided = await provideBlob(blobs.right.content, engine, giving).finally(stop.over)
    if (E.isLeft(provided)) return provided
    if (engine.isClosing) return E.left(closed('the snapshotter was closed while the blob was taken'))
  }
  const ended = await dispatch(engine, command, signal)
  if (E.isLeft(ended)) return ended
  const snapshot = find(ended.right, key.right)
  if (E.isLeft(snapshot)) return snapshot
  const { unpacked } = snapshot.right
  if (unpacked === undefined) throw new Error(`snapshot ${key.right} was applied to and holds nothing`)
  return E.right({ mediaType: layerMediaType, digest: unpacked.diffId, size: unpacked.size })
}
