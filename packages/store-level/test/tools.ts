import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, realpathSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { EventStore, Head, OpenedStore, Row, Sealed, StoreFault } from '@varve/core'
import { levelStore } from '../src/index.js'

export const emptyHead: Head = { seq: 0, hash: '0'.repeat(64) }

/** A record shaped like the log's. `salt` makes another one with the same number. */
export const record = (seq: number, salt = '', bytes = 0): Sealed => {
  const body = `{"v":1,"seq":${seq},"type":"Prepared","data":${JSON.stringify(salt + 'ä'.repeat(bytes / 2))}`
  const hash = createHash('sha256').update(body).digest('hex')
  return { seq, hash, text: `${body},"hash":"${hash}"}` }
}

/** Records `first` to `last`. */
export const records = (first: number, last: number, salt = '', bytes = 0): Sealed[] =>
  Array.from({ length: last - first + 1 }, (_, index) => record(first + index, salt, bytes))

export const headOf = (seq: number, salt = '', bytes = 0): Head =>
  seq === 0 ? emptyHead : { seq, hash: record(seq, salt, bytes).hash }

export const done = async <A>(task: TaskEither<StoreFault, A>): Promise<A> => {
  const answer = await task()
  if (E.isLeft(answer)) throw new Error(`${answer.left.code}: ${answer.left.message}`)
  return answer.right
}

export const fails = async (task: TaskEither<StoreFault, unknown>, code: string): Promise<string> => {
  const answer = await task()
  if (E.isRight(answer)) throw new Error(`should have failed with ${code}, answered ${JSON.stringify(answer.right)}`)
  assert.is(answer.left._tag, 'StoreFault')
  assert.is(answer.left.code, code, answer.left.message)
  return answer.left.message
}

export const append = (store: EventStore, first: number, last: number, rows?: readonly Row[]): Promise<void> =>
  done(store.append(headOf(first - 1), records(first, last), rows))

export const collect = async <A>(
  batches: AsyncIterable<Either<StoreFault, readonly A[]>>,
): Promise<{ all: A[]; sizes: number[]; fault: StoreFault | undefined }> => {
  const all: A[] = []
  const sizes: number[] = []
  let fault: StoreFault | undefined
  for await (const batch of batches) {
    assert.is(fault, undefined, 'nothing follows a fault')
    if (E.isLeft(batch)) fault = batch.left
    else {
      all.push(...batch.right)
      sizes.push(batch.right.length)
    }
  }
  return { all, sizes, fault }
}

export const texts = async (store: EventStore, after = 0): Promise<string[]> => {
  const { all, fault } = await collect(store.read(after))
  assert.is(fault, undefined)
  return all
}

/** Runs with a directory of its own, which is removed afterwards. */
export const inDirectory = (run: (directory: string) => Promise<void>) => async (): Promise<void> => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'varve-level-')))
  try {
    await run(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Opens the log at `path`, runs, and closes it even when the run fails. */
export const withStore = async <A>(
  path: string,
  run: (store: EventStore, opened: OpenedStore) => Promise<A>,
  options?: Parameters<typeof levelStore>[1],
): Promise<A> => {
  const store = levelStore(path, options)
  const opened = await done(store.open())
  try {
    return await run(store, opened)
  } finally {
    await done(store.close())
  }
}

/** LevelDB's write-ahead log in `path`. */
export const writeAheadLog = (path: string): string => {
  const names = readdirSync(path).filter((name) => name.endsWith('.log'))
  assert.is(names.length, 1, `one write-ahead log, found ${names.join(' ')}`)
  return join(path, names[0] ?? '')
}

/** Appends records 1 to `count` one by one and answers the length of the write-ahead log after each. */
export const lengthsOf = (path: string, count: number): Promise<number[]> =>
  withStore(path, async (store) => {
    const lengths: number[] = []
    for (let seq = 1; seq <= count; seq++) {
      await append(store, seq, seq)
      lengths.push(statSync(writeAheadLog(path)).size)
    }
    return lengths
  })

/** Takes from the write-ahead log what was written after its length was `length`. */
export const loseAfter = (path: string, length: number | undefined): void => {
  if (length === undefined) throw new Error('no such length')
  assert.ok(statSync(writeAheadLog(path)).size > length, 'there is something to lose')
  truncateSync(writeAheadLog(path), length)
}
