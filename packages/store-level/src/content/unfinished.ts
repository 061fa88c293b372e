import { createHash, randomInt } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../faults.js'

/** A file that is being written, for its writer alone. */
export type Unfinished = { readonly path: string; readonly handle: FileHandle }

/** Somebody else's unfinished file. `by` says whose. */
export type Held = { readonly path: string; readonly by: string }

// Where /proc tells: when a process began, in ticks since its host did, so that a number used again is known for another process.
const startOf = (pid: number | 'self'): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

// Numbers of processes mean something only within a host, and there within a namespace.
const whereabouts = (): string => {
  let space = ''
  try {
    space = readlinkSync('/proc/self/ns/pid')
  } catch {
    // No Linux, no namespaces.
  }
  return createHash('sha256').update(`${hostname()} ${space}`).digest('hex').slice(0, 16)
}

const unknownStart = '0'
const ownMark = (): string => `${whereabouts()}.${process.pid}.${startOf('self') ?? unknownStart}`
const nameForm = /^(.+)\.([0-9a-f]{16})\.([0-9]+)\.([0-9]+)$/

const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

const isDead = (pid: number, start: string): boolean => {
  if (!exists(pid)) return true
  const found = startOf(pid)
  return found !== undefined && start !== unknownStart && found !== start
}

/** Drops what dead processes left, whatever its name; the other process that has a file of this name. */
const otherHolder = async (directory: string, name: string, own: string): Promise<Held | undefined> => {
  const here = whereabouts()
  let held: Held | undefined
  for (const file of await readdir(directory)) {
    const [, its = '', where, pid, start = ''] = nameForm.exec(file) ?? []
    if (where === undefined || file === own) continue
    const path = join(directory, file)
    if (where === here && isDead(Number(pid), start)) await rm(path, { force: true })
    else if (its === name) held = { path, by: `process ${pid}${where === here ? '' : ' of another host or container'}` }
  }
  return held
}

/**
 * Begins a file of that name, or says who has one. Each process has its own, marked with its number, so that all who find
 * what a dead one left may drop it; of two that begin in the same moment, perhaps none gets it.
 */
export const begin = async (directory: string, name: string): Promise<Unfinished | Held> => {
  const own = `${name}.${ownMark()}`
  const path = join(directory, own)
  const handle = await open(path, 'wx').catch((error: unknown) => {
    if (codeOf(error) === 'EEXIST') return undefined
    throw error
  })
  if (handle === undefined) return { path, by: `this process, ${process.pid}` }
  try {
    const held = await otherHolder(directory, name, own)
    if (held === undefined) return { path, handle }
    await drop({ path, handle })
    return held
  } catch (error) {
    await drop({ path, handle }).catch(() => undefined)
    throw error
  }
}

/** Closes an unfinished file and removes it. */
export const drop = async ({ path, handle }: Unfinished): Promise<void> => {
  try {
    await handle.close()
  } finally {
    await rm(path, { force: true })
  }
}

const longestWaitMs = 10_000

/** Begins a file that others have only for moments. */
export const beginSoon = async (directory: string, name: string): Promise<Unfinished> => {
  for (let waited = 0; ;) {
    const begun = await begin(directory, name)
    if ('handle' in begun) return begun
    if (waited >= longestWaitMs)
      throw Object.assign(new Error(`${begun.by} has held ${begun.path} for ${waited} ms`), { code: 'REF_LOCKED' })
    // Not the same for all, or two that collide would do so for ever.
    const pause = randomInt(2, 20)
    await sleep(pause)
    waited += pause
  }
}
