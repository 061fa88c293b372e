import { readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { reasonOf } from './faults.js'

/** Who has a log open, as the file beside it says. */
type Owner = { readonly pid: number; readonly host: string; readonly since: string; readonly command: string }

/** Writes who has the log open, for whoever finds it locked. */
export const writeOwner = async (file: string): Promise<void> => {
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    command: [process.title, process.argv[1]].filter((part) => part !== undefined).join(' '),
  }
  // A log that can be written must not be refused for want of this note; without it the holder is merely unknown.
  await writeFile(file, `${JSON.stringify(owner)}\n`).catch(() => undefined)
}

/** Takes the note away. */
export const removeOwner = (file: string): Promise<void> => rm(file, { force: true }).catch(() => undefined)

const isOwner = (value: unknown): value is Owner =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  typeof value.pid === 'number' &&
  Number.isInteger(value.pid) &&
  value.pid > 0 &&
  'host' in value &&
  typeof value.host === 'string' &&
  'since' in value &&
  typeof value.since === 'string' &&
  'command' in value &&
  typeof value.command === 'string'

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

const described = (owner: Owner, file: string): string => {
  const who = `process ${owner.pid} (${owner.command}) since ${owner.since}`
  if (owner.host !== hostname()) return `${who} on host ${owner.host}, by ${file}`
  return isAlive(owner.pid) ? who : `an unknown process: ${file} names process ${owner.pid}, which has ended`
}

/** Who holds a locked log, for an error message. */
export const holderOf = async (file: string): Promise<string> => {
  try {
    const owner: unknown = JSON.parse(await readFile(file, 'utf8'))
    return isOwner(owner) ? described(owner, file) : `an unknown process: ${file} names none`
  } catch (error) {
    return `an unknown process: ${reasonOf(error)}`
  }
}
