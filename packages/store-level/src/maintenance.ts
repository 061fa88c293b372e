import { randomUUID } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import {
  storeFault,
  type FoundRecord,
  type MaintainedStore,
  type StoreFacts,
  type StoreFault,
  type StoreMend,
} from '@varve/core/ports'
import { openAnchor, readAnchor } from './anchor.js'
import { statOf, syncDirectory } from './content/files.js'
import { notedHead, recordsIn, rewrite, type Database } from './database.js'
import { attempt, faultOf } from './faults.js'
import type { Settings } from './options.js'
import { removeOwner, writeOwner } from './owner.js'
import { readRows } from './read.js'
import { takeLog, type Taken } from './session.js'

type Batch<A> = Either<StoreFault, readonly A[]>

const anchorOf = async (file: string): Promise<StoreFacts['anchor']> => {
  const anchored = await readAnchor(file)
  if (anchored !== undefined) return anchored.head
  return (await statOf(file)) === undefined ? undefined : 'damaged'
}

/** A file beside the log that is not there yet. */
const freeFile = async (name: string): Promise<string> => {
  for (let n = 1; ; n++) {
    const file = n === 1 ? `${name}.ndjson` : `${name}-${n}.ndjson`
    if ((await statOf(file)) === undefined) return file
  }
}

/** Puts records that are to be cut off into a file of their own, a line of JSON for each. */
const keepBeside = async (directory: string, database: Database, after: number): Promise<void> => {
  let handle: FileHandle | undefined
  try {
    for await (const records of recordsIn(database, after)) {
      handle ??= await open(await freeFile(`${directory}.cut-${after + 1}`), 'wx')
      await handle.write(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    }
    await handle?.sync()
  } finally {
    await handle?.close()
  }
  if (handle !== undefined) await syncDirectory(dirname(directory))
}

const mendLog = async ({ directory, database }: Taken, mend: StoreMend): Promise<void> => {
  const { log, keep, records, hash, rows } = mend
  await keepBeside(directory, database, keep)
  const head = { log, seq: keep + records.length, hash }
  await rewrite(database, head, keep, records, rows)
  const anchor = await openAnchor(`${directory}.head`, undefined)
  try {
    await anchor.move(head, true)
  } finally {
    await anchor.close()
  }
}

async function* foundRecords(database: Database): AsyncGenerator<Batch<FoundRecord>> {
  for await (const records of recordsIn(database, 0)) yield E.right(records)
}

/** Whatever state the log is in, LevelDB itself has to open. */
export const openMaintained = async (settings: Settings): Promise<Either<StoreFault, MaintainedStore>> => {
  const { path } = settings
  const taken = await takeLog(settings)
  if (E.isLeft(taken)) return taken
  const { directory, database, giveBack } = taken.right
  const advice = 'restore the directory from a backup, or rescue the layers into a log of another path'
  const facts = await attempt(`looking into the log at ${path} failed`, advice, async () => {
    const head = await notedHead(database)
    const log = typeof head === 'object' ? head.log : randomUUID()
    return { log, head, anchor: await anchorOf(`${directory}.head`) }
  })
  if (E.isLeft(facts)) {
    await giveBack()
    return facts
  }
  await writeOwner(`${directory}.owner`)
  let isOpen = true
  const closed = E.left(storeFault(`the log at ${path} is not held for maintenance any more`, 'CLOSED'))
  async function* guarded<A>(read: () => AsyncIterable<Batch<A>>): AsyncGenerator<Batch<A>> {
    if (!isOpen) return yield closed
    try {
      yield* read()
    } catch (error) {
      yield E.left(faultOf(`reading the log at ${path} failed`, error, advice))
    }
  }
  return E.right({
    facts: facts.right,
    records: () => guarded(() => foundRecords(database)),
    rows: (prefix) => guarded(() => readRows(database, prefix)),
    mend: (mend) => async () => {
      if (!isOpen) return closed
      return attempt(`mending the log at ${path} failed`, 'remove the cause and check it again', () =>
        mendLog(taken.right, mend),
      )
    },
    close: () => async () => {
      if (!isOpen) return E.right(undefined)
      isOpen = false
      await removeOwner(`${directory}.owner`)
      return giveBack()
    },
  })
}
