import * as E from 'fp-ts/lib/Either.js'
import type { Descriptor } from '../model/descriptor.js'
import { invalidArgument, notFound } from '../model/fault.js'
import { ownRef } from './differ.js'
import type { Engine } from './engine.js'
import type { Refused } from './face.js'
import type { Stop } from './pin.js'
import type { Content } from './ports.js'

/** The next of an iterator; its end when the signal fires before that is there. */
const nextOf = <T>(iterator: AsyncIterator<T>, signal: AbortSignal): Promise<IteratorResult<T, unknown>> =>
  new Promise((resolve, reject) => {
    const stop = (): void => resolve({ done: true, value: undefined })
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    Promise.resolve(iterator.next())
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop))
  })

/** Whether this is a stream of anything at all. */
export const isStream = (stream: unknown): stream is AsyncIterable<unknown> =>
  typeof stream === 'object' && stream !== null && Symbol.asyncIterator in stream

type Giving = {
  readonly descriptor: Descriptor
  readonly stream: AsyncIterable<unknown>
  readonly stop: Stop
}

const failing = (cause: unknown): E.Either<Refused, never> =>
  E.left(invalidArgument('stream', cause instanceof Error ? cause.message : cause, 'must not fail'))

/** Hands the caller's stream to `write`, which stops it with a Left; a stream that throws is the caller's mistake. */
const passOn = async (
  iterator: AsyncIterator<unknown>,
  { stop, descriptor }: Giving,
  write: (bytes: Uint8Array) => Promise<E.Either<Refused, void>>,
): Promise<E.Either<Refused, void>> => {
  const returned = async (): Promise<unknown> => iterator.return?.()
  const leave = (left: Refused): E.Either<Refused, void> => {
    void returned().catch(() => undefined)
    return E.left(left)
  }
  let size = 0
  for (;;) {
    let value: unknown
    try {
      const next = await nextOf(iterator, stop.signal)
      if (stop.isStopped()) return leave(stop.why())
      if (next.done === true) return E.right(undefined)
      value = next.value
    } catch (cause) {
      return failing(cause)
    }
    if (!(value instanceof Uint8Array)) return leave(invalidArgument('stream', value, 'must give bytes'))
    size += value.length
    if (size > descriptor.size) {
      return leave(invalidArgument('descriptor.size', descriptor.size, 'must not be less than the stream has'))
    }
    const written = await write(value)
    if (E.isLeft(written)) return leave(written.left)
  }
}

const begun = (stream: AsyncIterable<unknown>): E.Either<Refused, AsyncIterator<unknown>> => {
  try {
    return E.right(stream[Symbol.asyncIterator]())
  } catch (cause) {
    return failing(cause)
  }
}

const takeStream = async (content: Content, ref: string, giving: Giving): Promise<E.Either<Refused, void>> => {
  const writer = await content.writer(ref)()
  if (E.isLeft(writer)) return writer
  const { digest, size } = giving.descriptor
  const iterator = begun(giving.stream)
  const taken = E.isLeft(iterator)
    ? iterator
    : await passOn(iterator.right, giving, (bytes) => writer.right.write(bytes)())
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
  { descriptor, stream, stop }: Omit<Giving, 'stream'> & { readonly stream: AsyncIterable<unknown> | undefined },
): Promise<E.Either<Refused, void>> => {
  const info = await content.info(descriptor.digest)()
  if (E.isRight(info)) {
    const { size } = info.right
    if (size === descriptor.size) return E.right(undefined)
    return E.left(invalidArgument('descriptor.size', descriptor.size, `must be that of the blob, ${size}`))
  }
  if (info.left._tag !== 'NotFound') return info
  if (stream === undefined) return E.left(notFound(`apply: blob ${descriptor.digest}`))
  return takeStream(content, ownRef('apply', engine), { descriptor, stream, stop })
}
