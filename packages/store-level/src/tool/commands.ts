import { createReadStream, type Stats } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { hash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import {
  bundleStore,
  explanationText,
  exportBundle,
  importBundle,
  inputPrefix,
  openHistory,
  redecide,
  type Divergence,
  type EventStore,
  type InputRow,
  type Profile,
  type Redecided,
} from '@varve/core'
import { statOf } from '../content/files.js'
import { levelStore } from '../store.js'

/** What the tool was asked. */
export type Asked = {
  readonly source: string
  readonly profile: Profile
  readonly json: boolean
  readonly out: (line: string) => void
}

type Refusal = { readonly message: string; readonly code?: string | number }

/** A refusal as an Error. */
export const thrown = (refusal: Refusal): Error => Object.assign(new Error(refusal.message), { code: refusal.code })

const right = <A>(result: E.Either<Refusal, A>): A => {
  if (E.isLeft(result)) throw thrown(result.left)
  return result.right
}

export const done = async <A>(task: TaskEither<Refusal, A>): Promise<A> => right(await task())

const sha256 = (text: string): string => hash('sha256', text, 'hex')

const found = async (source: string): Promise<Stats> => {
  const there = await statOf(source)
  if (there !== undefined) return there
  throw thrown({
    message: `there is no log at ${source}; give the directory of one, or varve rescue makes one of its layers`,
  })
}

/** Refuses what is no directory: LevelDB would make one. */
export const needLog = async ({ source }: Asked): Promise<void> => {
  if (!(await found(source)).isDirectory()) throw thrown({ message: `${source} is not the directory of a log` })
}

/** The log in a directory, or the one in a bundle. */
const sourceOf = async ({ source }: Asked): Promise<EventStore> => {
  if ((await found(source)).isDirectory()) return levelStore(source)
  const bundle = await done(importBundle(createReadStream(source), { sha256 }))
  return bundleStore(bundle, { sha256 })
}

/** Writes the log as a bundle into a file that does not exist yet; a half of one is removed. */
export const bundleLog = async (asked: Asked, file: string): Promise<number> => {
  await needLog(asked)
  const { source, profile, json, out } = asked
  const handle = await open(file, 'wx')
  let bytes = 0
  try {
    for await (const chunk of exportBundle(levelStore(source), { profile })) {
      await handle.write(right(chunk))
      bytes += right(chunk).length
    }
    await handle.sync()
    await handle.close()
  } catch (error) {
    await handle.close()
    await rm(file)
    throw error
  }
  out(json ? JSON.stringify({ file, bytes }) : `${file}: ${bytes} bytes`)
  return 0
}

const gathered = async <A>(batches: AsyncIterable<E.Either<Refusal, readonly A[]>>): Promise<readonly A[]> => {
  const all: A[] = []
  for await (const batch of batches) for (const one of right(batch)) all.push(one)
  return all
}

const decidedAgain = async (store: EventStore): Promise<Redecided | undefined> => {
  const inputs = await gathered(store.rows(inputPrefix))
  if (inputs.length === 0) return undefined
  const rows = inputs.filter((row): row is InputRow => row.value !== undefined)
  return right(redecide({ records: await gathered(store.read(0)), inputs: rows }, { sha256 }))
}

const divergenceText = ({ event, path, expected, got }: Divergence): string =>
  `event ${event}${path === '' ? '' : `, ${path}`}: recorded ${JSON.stringify(expected)}, today ${JSON.stringify(got)}`

const redecidedText = (redecided: Redecided | undefined): string => {
  if (redecided === undefined) return 'no inputs were kept (journal: true keeps them)'
  const { inputs, divergence } = redecided
  const end = divergence === null ? 'all as recorded' : `not as recorded at ${divergenceText(divergence)}`
  return `${inputs} ${inputs === 1 ? 'input' : 'inputs'} decided again: ${end}`
}

/** Folds the log, tells its digest, and decides kept inputs again. */
export const replayLog = async (asked: Asked): Promise<number> => {
  const store = await sourceOf(asked)
  const history = await done(openHistory(store))
  try {
    const { log, head } = history
    const moment = await done(history.at(head.seq))
    const { snapshots, attached } = moment.state
    const counts = { snapshots: snapshots.size, attached: attached.size, outstanding: moment.outstanding().length }
    const digest = moment.digest()
    const redecided = await decidedAgain(store)
    const lines = [
      `log ${log}`,
      `${head.seq} records, the last one ${head.hash} at ${moment.at}`,
      `${counts.snapshots} snapshots, ${counts.attached} of them attached, ${counts.outstanding} intents outstanding`,
      `digest ${digest}`,
      redecidedText(redecided),
    ]
    const told = { log, head, at: moment.at, digest, ...counts, redecided: redecided ?? null }
    asked.out(asked.json ? JSON.stringify(told) : lines.join('\n'))
    return redecided === undefined || redecided.divergence === null ? 0 : 1
  } finally {
    await history.close()()
  }
}

/** Tells why a snapshot is as it is, or how it ended. */
export const explainSnapshot = async (asked: Asked, target: string | number): Promise<number> => {
  const store = await sourceOf(asked)
  const history = await done(openHistory(store))
  try {
    const explanation = await done(history.explain(target))
    asked.out(asked.json ? JSON.stringify(explanation) : explanationText(explanation))
    return 0
  } finally {
    await history.close()()
  }
}
