import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from './handles.js'
import type { HostName } from './host-names.js'

/** Files and folders from which on one flush of the whole file system is quicker than one of each. */
const manyAtOnce = 24

const folderOf = (path: string): string => (path.includes('/') ? dirname(path) : '')

/** What is gone needs no flush; Windows can't flush a folder, whose changes its journal has in order. */
const isNothingToFlush = (cause: unknown, isFolder: boolean): boolean =>
  codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ELOOP' || (isFolder && process.platform === 'win32')

const flush = (path: HostName, isFolder: boolean): void => {
  // Windows flushes only what is open for writing.
  const flags =
    process.platform === 'win32' && !isFolder ? 'r+' : fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0)
  let file: number | undefined
  try {
    file = fs.openSync(path, flags)
    fs.fsyncSync(file)
  } catch (cause) {
    if (!isNothingToFlush(cause, isFolder)) throw cause
  } finally {
    if (file !== undefined) fs.closeSync(file)
  }
}

/** One flush of the file system that a folder lies in, where the host has a tool for it. */
const flushAll = (root: string): boolean =>
  process.platform === 'linux' && spawnSync('sync', ['-f', root], { stdio: 'ignore' }).status === 0

/** How a host is told to flush. */
export type Flushing = {
  readonly flush: (path: HostName, isFolder: boolean) => void
  /** One flush of the file system that a folder lies in; false: the host has no tool for it. */
  readonly flushAll: (root: string) => boolean
}

const hostFlushing: Flushing = { flush, flushAll }

/** What was written below a root and may be lost with the power. Paths are relative and use `/`. */
export type Unsynced = {
  readonly wrote: (path: string) => void
  /** A folder got an entry, or has one less. */
  readonly named: (path: string) => void
  readonly removed: (path: string) => void
  readonly renamed: (from: string, to: string) => void
  /** Makes all of it durable. `others`: also what other processes wrote, as far as the host has a tool for that. */
  readonly sync: (others: boolean) => void
}

export const openUnsynced = (
  root: string,
  host: (path: string) => HostName,
  flushing: Flushing = hostFlushing,
): Unsynced => {
  let files = new Set<string>()
  let folders = new Set<string>()

  const named = (path: string): void => void folders.add(folderOf(path))
  const moved = (paths: ReadonlySet<string>, from: string, to: string): Set<string> =>
    new Set(Array.from(paths, (path) => (path.startsWith(`${from}/`) ? to + path.slice(from.length) : path)))
  return {
    wrote: (path) => {
      files.add(path)
      named(path)
    },
    named,
    removed: (path) => {
      files.delete(path)
      folders.delete(path)
      named(path)
    },
    renamed: (from, to) => {
      if (files.delete(from)) files.add(to)
      else {
        files = moved(files, from, to)
        folders = moved(folders, from, to)
        if (folders.delete(from)) folders.add(to)
      }
      named(from)
      named(to)
    },
    sync: (others) => {
      const count = files.size + folders.size
      const isFlushed = (others || count > manyAtOnce) && flushing.flushAll(root)
      if (!isFlushed) {
        for (const path of files) flushing.flush(host(path), false)
        for (const path of folders) flushing.flush(host(path), true)
      }
      files = new Set()
      folders = new Set()
    },
  }
}
