import * as E from 'fp-ts/lib/Either.js'
import type { Descriptor } from '../model/descriptor.js'
import { aborted, invalidArgument, notFound } from '../model/fault.js'
import { ownRef } from './differ.js'
import type { Engine } from './engine.js'
import type { Refused } from './face.js'
import type { Content } from './ports.js'

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

/** Makes sure that the content has a blob: out of the caller's stream if it has to be, verified. NotFound without one. */
export const provideBlob = async (
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
