import * as E from 'fp-ts/lib/Either.js'
import { layerStack } from '../differ/layer-stack.js'
import type { Descriptor, Unpacked } from '../model/descriptor.js'
import {
  aborted,
  failedPrecondition,
  invalidArgument,
  notFound,
  shown,
  unimplemented,
  type Failure,
} from '../model/fault.js'
import type { Snapshot, SnapshotId } from '../model/snapshot.js'
import { find } from '../state/queries.js'
import { isAttached, parentIds } from '../state/state.js'
import { decodeOrder, type Order } from './compare-order.js'
import { blobsFor, ownRef, type Differ } from './differ.js'
import type { Engine } from './engine.js'
import type { Refused } from './face.js'
import { layersAt } from './layers-at.js'
import { brokenContract } from './performer.js'
import { pin, stopOf, type Stop } from './pin.js'
import type { Backend, ByteStream, Codecs, Content, Progress } from './ports.js'
import { openTar } from './unpack.js'

/** containerd: the label under which a compressed layer bears the digest of its tar. */
const uncompressedLabel = 'containerd.io/uncompressed'

/** The snapshot whose layer stands at the top of the stack, if it may be compared. */
const upperOf = ({ engine }: Differ, stack: readonly SnapshotId[], path: string): E.Either<Refused, Snapshot> => {
  const state = engine.journal.accepted
  const [id = 0, ...below] = stack
  const name = engine.layerNames.get(id)
  if (name === undefined) return E.left(notFound(`compare: snapshot of ${path}`))
  const found = find(state, name)
  if (E.isLeft(found)) return found
  const parents = parentIds(state, found.right.parent)
  if (parents.length !== below.length || parents.some((parent, at) => parent !== below[at])) {
    return E.left(invalidArgument('upper', path, `must stand on the parents of snapshot ${name}`))
  }
  return isAttached(state, name)
    ? E.left(failedPrecondition(`compare: snapshot ${name} is attached, detach it first`))
    : found
}

type Exporting = {
  readonly engine: Engine
  readonly epoch: bigint | undefined
  readonly signal: AbortSignal
  readonly spent: () => Uint8Array | undefined
}

async function* exported(
  backend: Backend,
  id: SnapshotId,
  parents: readonly SnapshotId[],
  { engine, epoch, signal, spent }: Exporting,
): ByteStream<Failure> & AsyncGenerator {
  const options = {
    signal,
    progress: (progress: Progress) => engine.progress$.next(progress),
    spent,
    ...(epoch === undefined ? {} : { epoch }),
  }
  try {
    yield* backend.exportLayer({ id, parents }, options)
  } catch (cause) {
    yield E.left(brokenContract(`export of layer ${id}`, cause))
  }
}

/** Passes a tar on and takes its digest. */
const digested = (tar: ByteStream<Failure>, codecs: Codecs) => {
  const hash = codecs.sha256()
  async function* bytes(): AsyncGenerator<E.Either<Failure, Uint8Array>> {
    for await (const chunk of tar) {
      if (E.isRight(chunk)) hash.update(chunk.right)
      yield chunk
    }
  }
  return { bytes: bytes(), digest: () => `sha256:${hash.digest()}` }
}

type Blobs = { readonly content: Content; readonly codecs: Codecs }

/** A tar to be written. `spend` takes its chunks when nobody needs them any more. */
type Source = { readonly tar: ByteStream<Failure>; readonly spend?: (chunk: Uint8Array) => void }

/** Writes a tar as the blob that was ordered. Nothing of it is left when it fails. */
const store = async (
  { content, codecs }: Blobs,
  order: Order,
  ref: string,
  { tar, spend }: Source,
  stop: Stop,
): Promise<E.Either<Refused, Descriptor>> => {
  const { mediaType, compression, labels } = order
  const why = compression === 'none' ? undefined : codecs.whyNotCompress(compression)
  if (why !== undefined) return E.left(unimplemented(`compare as ${shown(mediaType)}: ${why}`))
  const writer = await content.writer(ref)()
  if (E.isLeft(writer)) return writer
  const fail = async (refused: Refused): Promise<E.Either<Refused, never>> => {
    await writer.right.abort()()
    return E.left(stop.isStopped() ? stop.why() : refused)
  }
  const plain = digested(tar, codecs)
  for await (const chunk of compression === 'none' ? plain.bytes : codecs.compress(compression, plain.bytes)) {
    if (E.isLeft(chunk)) return fail(chunk.left)
    if (stop.isStopped()) return fail(stop.why())
    const written = await writer.right.write(chunk.right)()
    if (E.isLeft(written)) return fail(written.left)
    if (compression === 'none') spend?.(chunk.right)
  }
  if (stop.isStopped()) return fail(stop.why())
  const diffId = plain.digest()
  const expected =
    compression === 'none' ? { digest: diffId, labels } : { labels: { ...labels, [uncompressedLabel]: diffId } }
  const committed = await writer.right.commit(expected)()
  return E.map(({ digest, size }: { digest: string; size: number }) => ({ mediaType, digest, size }))(committed)
}

/** The blob that a layer was unpacked from, if the content still has it and it is of the media type that was ordered. */
const recordedBlob = async (
  { content }: Blobs,
  order: Order,
  { descriptor, diffId }: Unpacked,
): Promise<E.Either<Refused, Descriptor> | undefined> => {
  if (descriptor.mediaType !== order.mediaType) return undefined
  const labels = order.compression === 'none' ? order.labels : { ...order.labels, [uncompressedLabel]: diffId }
  const labelled = await content.label(descriptor.digest, labels)()
  if (E.isRight(labelled)) return E.right({ ...descriptor })
  return labelled.left._tag === 'NotFound' ? undefined : labelled
}

const isThere = async ({ content }: Blobs, digest: string): Promise<boolean> => E.isRight(await content.info(digest)())

const compareUpper = async (
  differ: Differ,
  blobs: Blobs,
  order: Order,
  upper: { readonly snapshot: Snapshot; readonly parents: readonly SnapshotId[] },
  stop: Stop,
): Promise<E.Either<Refused, Descriptor>> => {
  const { engine, backend } = differ
  const { kind, unpacked, id } = upper.snapshot
  const ref = order.ref ?? ownRef('compare', engine)
  if (kind === 'Committed' && unpacked !== undefined && order.epoch === undefined) {
    const recorded = await recordedBlob(blobs, order, unpacked)
    if (recorded !== undefined) return recorded
    const { descriptor, size } = unpacked
    if (await isThere(blobs, descriptor.digest)) {
      const tar = openTar(blobs, { descriptor, limits: { entries: 0, bytes: size } })
      return store(blobs, order, ref, { tar: tar.bytes, ...(tar.spend && { spend: tar.spend }) }, stop)
    }
  }
  const spent: Uint8Array[] = []
  const tar = exported(backend, id, upper.parents, {
    engine,
    epoch: order.epoch,
    signal: stop.signal,
    spent: () => spent.pop(),
  })
  return store(blobs, order, ref, { tar, spend: (chunk) => void spent.push(chunk) }, stop)
}

/** Writes what a layer changed to the content; see the face. */
export const compare = async (
  differ: Differ,
  lower: unknown,
  upper: unknown,
  options: unknown,
): Promise<E.Either<Refused, Descriptor>> => {
  const { engine, backend, profile } = differ
  const order = decodeOrder(options)
  if (E.isLeft(order) && order.left._tag !== 'Unimplemented') return order
  const stack = layerStack(lower, upper, profile)
  if (E.isLeft(stack)) return stack
  if (E.isLeft(order)) return order
  const blobs = blobsFor('compare', differ.blobs)
  if (E.isLeft(blobs)) return blobs
  const { signal } = order.right
  const ids = layersAt('compare', backend.layout, stack.right)
  if (E.isLeft(ids)) return ids
  if (signal?.aborted === true) return E.left(aborted(signal.reason))
  const stop = stopOf(engine, signal)
  try {
    await engine.layerNames.ready()
    const [id = 0, ...parents] = ids.right
    const release = await pin(engine, id, stop)
    if (E.isLeft(release)) return release
    try {
      const snapshot = upperOf(differ, ids.right, stack.right[0] ?? '')
      if (E.isLeft(snapshot)) return snapshot
      return await compareUpper(differ, blobs.right, order.right, { snapshot: snapshot.right, parents }, stop)
    } finally {
      release.right()
    }
  } finally {
    stop.over()
  }
}
