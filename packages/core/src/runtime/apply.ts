import * as E from 'fp-ts/lib/Either.js'
import { decide } from '../decider/decide.js'
import { compressionOf, layerMediaType } from '../differ/media-types.js'
import { layerOf } from '../differ/mounts.js'
import type { Apply } from '../model/command.js'
import { decodeCommand } from '../model/decode-command.js'
import type { Descriptor } from '../model/descriptor.js'
import { aborted, closed, failedPrecondition, invalidArgument, notFound, shown } from '../model/fault.js'
import type { Layout } from '../model/layout.js'
import type { Profile } from '../model/snapshot.js'
import { find } from '../state/queries.js'
import { parentIds } from '../state/state.js'
import { dispatch, type Engine } from './engine.js'
import type { Refused } from './face.js'
import { layersAt } from './layers-at.js'
import { decodeCallOptions } from './options.js'
import type { Codecs, Content } from './ports.js'
import type { Blobs } from './unpack.js'

/** What apply and compare work with. */
export type Differ = {
  readonly engine: Engine
  readonly blobs: Blobs
  readonly layout: Layout
  readonly profile: Profile
}

/** Both, or why there is nothing to be done without them. */
export const blobsFor = (
  asked: string,
  { content, codecs }: Blobs,
): E.Either<Refused, { readonly content: Content; readonly codecs: Codecs }> =>
  content === undefined || codecs === undefined
    ? E.left(
        failedPrecondition(`${asked}: openSnapshotter was given no ${content === undefined ? 'content' : 'codecs'}`),
      )
    : E.right({ content, codecs })

/** A name for a blob being written that nobody else uses. */
export const ownRef = (verb: string, { journal, clock }: Engine): string =>
  `${verb}-${journal.accepted.log}-${clock.now()}`

/** The key of the Active snapshot that the mounts are those of. */
const keyOf = async ({ engine, layout, profile }: Differ, mounts: unknown): Promise<E.Either<Refused, string>> => {
  const layer = layerOf(mounts, profile)
  if (E.isLeft(layer)) return layer
  const [{ options }] = mounts as readonly [{ readonly options: readonly string[] }]
  if (options.includes('ro') || layer.right.layer === null) {
    return E.left(invalidArgument('mounts[0].options', options, 'must be those of an Active snapshot, not read-only'))
  }
  const ids = layersAt('apply', layout, [layer.right.layer, ...layer.right.parents])
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

/** The next of an iterator, or undefined when the signal fires before it is there. */
const nextOf = <T>(iterator: AsyncIterator<T>, signal?: AbortSignal): Promise<IteratorResult<T> | undefined> => {
  if (signal === undefined) return iterator.next()
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve(undefined)
    const stop = (): void => resolve(undefined)
    signal.addEventListener('abort', stop, { once: true })
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop))
  })
}

const isStream = (stream: unknown): stream is AsyncIterable<unknown> =>
  typeof stream === 'object' && stream !== null && Symbol.asyncIterator in stream

type Giving = {
  readonly descriptor: Descriptor
  readonly stream: AsyncIterable<unknown>
  readonly signal?: AbortSignal
}

/** Hands the caller's stream to `write`, which stops it with a Left; a stream that throws is the caller's mistake. */
const passOn = async (
  { stream, signal, descriptor }: Giving,
  write: (bytes: Uint8Array) => Promise<E.Either<Refused, void>>,
): Promise<E.Either<Refused, void>> => {
  const iterator = stream[Symbol.asyncIterator]()
  const leave = (left: Refused): E.Either<Refused, void> => {
    void Promise.resolve(iterator.return?.()).catch(() => undefined)
    return E.left(left)
  }
  let size = 0
  for (;;) {
    let next: IteratorResult<unknown> | undefined
    try {
      next = await nextOf(iterator, signal)
    } catch (cause) {
      return E.left(invalidArgument('stream', String(cause), 'must not fail'))
    }
    if (next === undefined) return leave(aborted(signal?.reason))
    if (next.done === true) return E.right(undefined)
    if (!(next.value instanceof Uint8Array)) return leave(invalidArgument('stream', next.value, 'must give bytes'))
    size += next.value.length
    if (size > descriptor.size) {
      return leave(invalidArgument('descriptor.size', descriptor.size, 'must not be less than the stream has'))
    }
    const written = await write(next.value)
    if (E.isLeft(written)) return leave(written.left)
  }
}

const takeStream = async (content: Content, ref: string, giving: Giving): Promise<E.Either<Refused, void>> => {
  const writer = await content.writer(ref)()
  if (E.isLeft(writer)) return writer
  const { digest, size } = giving.descriptor
  const taken = await passOn(giving, (bytes) => writer.right.write(bytes)())
  if (E.isLeft(taken)) {
    await writer.right.abort()()
    return taken
  }
  return E.map(() => undefined)(await writer.right.commit({ digest, size })())
}

/** The blob is in the content when this ends well. */
const provide = async (
  content: Content,
  engine: Engine,
  { descriptor, stream, signal }: Omit<Giving, 'stream'> & { readonly stream: unknown },
): Promise<E.Either<Refused, void>> => {
  const info = await content.info(descriptor.digest)()
  if (E.isRight(info)) {
    const { size } = info.right
    if (size === descriptor.size) return E.right(undefined)
    return E.left(invalidArgument('descriptor.size', descriptor.size, `must be that of the blob, ${size}`))
  }
  if (info.left._tag !== 'NotFound') return info
  if (stream === undefined) return E.left(notFound(`apply: blob ${descriptor.digest}`))
  if (!isStream(stream)) return E.left(invalidArgument('stream', stream, 'must be an AsyncIterable of bytes'))
  const giving = signal === undefined ? { descriptor, stream } : { descriptor, stream, signal }
  return takeStream(content, ownRef('apply', engine), giving)
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
    const giving = { descriptor: command.descriptor, stream, ...(signal === undefined ? {} : { signal }) }
    const provided = await provide(blobs.right.content, engine, giving)
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
