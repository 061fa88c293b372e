import type { Either } from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Attachment, Files, Head, OpenedStore, Row, Sealed } from '../src/runtime/ports.js'
import { equal } from './assert.js'
import type { PromiseFiles, StoreSubject } from './subject.js'

type Tagged = { readonly _tag: string; readonly message: string }

/** What a port's call answers; throws when it is a Left. */
export const right = async <A>(what: string, task: TaskEither<Tagged, A>): Promise<A> => {
  const answer = await task()
  if (answer._tag === 'Left') throw new Error(`${what}: expected a Right, found ${JSON.stringify(answer.left)}`)
  return answer.right
}

/** The fault that a port's call ends with; throws when it is a Right or has another tag. */
export const left = async <E extends Tagged>(
  what: string,
  task: TaskEither<E, unknown>,
  tag: E['_tag'],
): Promise<E> => {
  const answer = await task()
  if (answer._tag === 'Right') throw new Error(`${what}: expected a Left ${tag}, found a Right`)
  equal(`${what}: tag of ${answer.left.message}`, answer.left._tag, tag)
  return answer.left
}

/** Everything that a port reads; throws at a Left. */
export const readAll = async <A>(
  what: string,
  batches: AsyncIterable<Either<Tagged, readonly A[]>>,
  mostPerBatch = Number.POSITIVE_INFINITY,
): Promise<readonly A[]> => {
  const found: A[] = []
  for await (const batch of batches) {
    if (batch._tag === 'Left') throw new Error(`${what}: expected a Right, found ${JSON.stringify(batch.left)}`)
    if (batch.right.length > mostPerBatch)
      throw new Error(`${what}: expected at most ${mostPerBatch} in a batch, found ${batch.right.length}`)
    for (const one of batch.right) found.push(one)
  }
  return found
}

const promised =
  <A extends readonly unknown[], R>(call: (...args: A) => TaskEither<Tagged, R>) =>
  async (...args: A): Promise<R> => {
    const answer = await call(...args)()
    if (answer._tag === 'Left') throw Object.assign(new Error(answer.left.message), answer.left)
    return answer.right
  }

/** An attachment's files with promises for methods. */
export const promisedFiles = ({ files }: Attachment): PromiseFiles => ({
  read: promised<Parameters<Files['read']>, Uint8Array>(files.read),
  write: promised(files.write),
  list: promised(files.list),
  stat: promised(files.stat),
  remove: promised(files.remove),
  rename: promised(files.rename),
  link: promised(files.link),
  symlink: promised(files.symlink),
})

/** The head of an empty log. */
export const emptyHead: Head = { seq: 0, hash: '0'.repeat(64) }

/** Records that follow `head`, in the form in which a snapshotter writes them. */
export const recordsAfter = (
  { store }: Pick<StoreSubject, 'store'>,
  head: Head,
  count: number,
  padding = '',
): readonly Sealed[] => {
  const records: Sealed[] = []
  let { hash } = head
  for (let seq = head.seq + 1; seq <= head.seq + count; seq++) {
    const data = { key: `snapshot ${seq}`, labels: { é: `層${padding}` } }
    const body = JSON.stringify({
      v: 1,
      seq,
      at: '2024-01-01T00:00:00.000000001Z',
      type: 'Updated',
      data,
      cause: { id: '1' },
    })
    hash = store.sha256(hash + body)
    records.push({ seq, hash, text: `${body.slice(0, -1)},"hash":"${hash}"}` })
  }
  return records
}

/** The head after records were appended to a log that ended at `head`. */
export const headAfter = (head: Head, records: readonly Sealed[]): Head => {
  const { seq, hash } = records.at(-1) ?? head
  return { seq, hash }
}

export const textsOf = (records: readonly Sealed[]): readonly string[] => records.map((record) => record.text)

/** Rows sorted by key; the order in which a store gives them is free. */
export const sorted = (rows: readonly Row[]): readonly Row[] =>
  [...rows].sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))

/** Opens the store. */
export const opened = ({ store }: Pick<StoreSubject, 'store'>): Promise<OpenedStore> => right('open', store.open())
