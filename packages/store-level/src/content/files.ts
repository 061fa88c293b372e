import type { Stats } from 'node:fs'
import { type FileHandle, link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../faults.js'

/** Makes what was done to the names in a directory durable. */
export const syncDirectory = async (directory: string): Promise<void> => {
  // Windows has no such call: there a directory can't be opened for it.
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes a directory and those above it, durably. */
export const makeDirectory = async (directory: string): Promise<void> => {
  try {
    await mkdir(directory)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && dirname(directory) !== directory) {
      await makeDirectory(dirname(directory))
      return makeDirectory(directory)
    }
    const found = await stat(directory).catch(() => undefined)
    if (found?.isDirectory() === true) return
    throw error
  }
  await syncDirectory(dirname(directory))
}

/** Writes all of the bytes where the file ends. */
export const writeFully = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten
}

/** What `stat` finds, or undefined where there is nothing of that name. */
export const statOf = async (path: string): Promise<Stats | undefined> => {
  try {
    return await stat(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** What Windows says of a file that somebody has open: a reader, a virus scanner. */
const openElsewhere = new Set(['EPERM', 'EACCES', 'EBUSY'])
const attempts = 200
const longestPause = 16

/** Gives a file the name of another one, which goes. Windows refuses that while somebody has the other one open. */
export const replaceFile = async (from: string, to: string): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to)
    } catch (error) {
      if (process.platform !== 'win32' || !openElsewhere.has(codeOf(error)) || attempt === attempts) throw error
    }
    await sleep(Math.min(attempt, longestPause))
  }
}

/** Gives a file its name unless there is one of that name; then the file is removed. */
export const renameUnlessThere = async (from: string, to: string): Promise<void> => {
  try {
    await link(from, to)
  } catch (error) {
    // A file system without hard links: of two that write at the same time, the last one wins.
    if (codeOf(error) !== 'EEXIST' && (await statOf(to)) === undefined) return rename(from, to)
  }
  await rm(from)
}
