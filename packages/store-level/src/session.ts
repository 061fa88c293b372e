import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { randomUUID } from 'node:crypto'
import { mkdir, realpath, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type OpenedStore, type StoreFault, storeFault } from '@varve/core/ports'
import { type Anchor, type Anchored, type LogHead, openAnchor, readAnchor } from './anchor.js'
import { type Database, openDatabase, storedHead } from './database.js'
import { attempt, codeOf, faultOf, reasonOf } from './faults.js'
import { judgeHeads } from './loss.js'
import type { Settings } from './options.js'
import { holderOf, removeOwner, writeOwner } from './owner.js'
import { openWriter, type Writer } from './writer.js'

/** A log that is open. */
export type Session = {
  readonly path: string
  readonly database: Database
  readonly opened: OpenedStore
  readonly writer: Writer
  readonly close: () => Promise<Either<StoreFault, void>>
}

// LevelDB drops its lock when the process that holds it tries to open the directory once more.
const openHere = new Set<string>()

const noHash = '0'.repeat(64)

const lockedFault = async (path: string, directory: string, error: unknown): Promise<StoreFault> =>
  storeFault(
    `the log at ${path} is open in ${await holderOf(`${directory}.owner`)} (${reasonOf(error)}); end that process, or wait until it has closed the log`,
    'LEVEL_LOCKED',
  )

const openedDatabase = async (path: string, directory: string): Promise<Either<StoreFault, Database>> => {
  try {
    return E.right(await openDatabase(directory))
  } catch (error) {
    if (codeOf(error) === 'LEVEL_LOCKED') return E.left(await lockedFault(path, directory, error))
    const advice = 'remove the cause and open it again, or restore the directory from a backup if it is damaged'
    return E.left(faultOf(`opening the log at ${path} failed`, error, advice))
  }
}

const openedAnchor = (
  file: string,
  trusted: Anchored | undefined,
  head: LogHead | undefined,
): Promise<Either<StoreFault, Anchor>> =>
  attempt(`the head file ${file} of the log can't be written`, 'remove the cause and open the log again', async () => {
    const anchor = await openAnchor(file, trusted)
    if (head === undefined) return anchor
    try {
      await anchor.move(head, false)
      return anchor
    } catch (error) {
      await anchor.close().catch(() => undefined)
      throw error
    }
  })

const openLog = async (
  settings: Settings,
  { directory, database, giveBack }: Taken,
): Promise<Either<StoreFault, Session>> => {
  const { path } = settings
  const [anchorFile, ownerFile] = [`${directory}.head`, `${directory}.owner`]
  const stored = await storedHead(database, path)
  if (E.isLeft(stored)) return stored
  const unreadable = [`the head file ${anchorFile} of the log can't be read`, 'make it readable'] as const
  const anchored = await attempt(...unreadable, () => readAnchor(anchorFile))
  if (E.isLeft(anchored)) return anchored
  const lost = judgeHeads(settings, anchorFile, stored.right, anchored.right?.head)
  if (E.isLeft(lost)) return lost
  // An accepted loss is forgotten only by the first append, which records it: until then the old anchor stays as it is.
  const kept = lost.right === undefined ? stored.right : undefined
  const anchor = await openedAnchor(anchorFile, kept && anchored.right, kept)
  if (E.isLeft(anchor)) return anchor
  await writeOwner(ownerFile)
  const start = stored.right ?? { log: randomUUID(), seq: 0, hash: noHash }
  const writer = openWriter(path, database, anchor.right, start)
  const opened = { log: start.log, head: writer.head(), ...(lost.right === undefined ? {} : { lost: lost.right }) }
  const close = async (): Promise<Either<StoreFault, void>> => {
    await writer.idle()
    const advice = 'what was acknowledged is in the log; open it again'
    const synced = await attempt(`syncing the head file ${anchorFile} failed`, advice, () => anchor.right.close())
    // Before the lock is given back: afterwards the file may be another owner's.
    await removeOwner(ownerFile)
    const closed = await giveBack()
    return E.isLeft(closed) ? closed : synced
  }
  return E.right({ path, database, opened, writer, close })
}

// Node's own recursive mkdir says ENOENT where a file system is read-only.
const makeDirectory = async (path: string): Promise<void> => {
  try {
    await mkdir(path)
  } catch (error) {
    const found = await stat(path).catch(() => undefined)
    if (found?.isDirectory() === true) return
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error
    await makeDirectory(dirname(path))
    await mkdir(path, { recursive: true })
  }
}

/** The database of a log whose directory is this process's own until it is given back. */
export type Taken = {
  readonly directory: string
  readonly database: Database
  readonly giveBack: () => Promise<Either<StoreFault, void>>
}

/** Takes the directory of a log, which is made if need be. */
export const takeLog = async ({ path }: Settings): Promise<Either<StoreFault, Taken>> => {
  const place = [`the directory ${path} of the log can't be used`, 'name one that can be made and written to'] as const
  const found = await attempt(...place, async () => {
    const absolute = resolve(path)
    await makeDirectory(absolute)
    return realpath(absolute)
  })
  if (E.isLeft(found)) return found
  const directory = found.right
  if (openHere.has(directory))
    return E.left(storeFault(`the log at ${path} is already open in this process; close it there first`, 'IN_USE'))
  openHere.add(directory)
  const database = await openedDatabase(path, directory)
  if (E.isLeft(database)) {
    openHere.delete(directory)
    return database
  }
  const giveBack = async (): Promise<Either<StoreFault, void>> => {
    const advice = 'what was acknowledged is in the log; open it again'
    const closed = await attempt(`closing the log at ${path} failed`, advice, () => database.right.close())
    if (E.isRight(closed)) openHere.delete(directory)
    return closed
  }
  return E.right({ directory, database: database.right, giveBack })
}

/** Opens the log in the directory that `settings` name. */
export const openSession = async (settings: Settings): Promise<Either<StoreFault, Session>> => {
  const taken = await takeLog(settings)
  if (E.isLeft(taken)) return taken
  const session = await openLog(settings, taken.right)
  if (E.isLeft(session)) await taken.right.giveBack()
  return session
}
