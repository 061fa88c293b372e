// @ts-check
/** Who runs on this machine, as far as the host tells: all of it on Linux, parents on other Unix systems, nothing on Windows. */
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

/** @typedef {{ pid: number, parent: number, session: number, name: string, dead: boolean }} Process */

/**
 * From /proc, so on Linux only.
 * @param {number} pid
 * @returns {Process | undefined}
 */
export const processOf = (pid) => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
    const [state, parent, , session] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { pid, parent: Number(parent), session: Number(session), name, dead: state === 'Z' || state === 'X' }
  } catch {
    return undefined
  }
}

/** @returns {Process[]} */
const allProcesses = () => {
  if (process.platform === 'win32') return []
  if (process.platform === 'linux')
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (processOf(Number(name)) ?? []) : []))
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return [...stdout.matchAll(/^ *(\d+) +(\d+) +(\S)/gm)].map(([, pid, parent, state]) => {
    return { pid: Number(pid), parent: Number(parent), session: 0, name: '', dead: state === 'Z' }
  })
}

/**
 * The living processes that descend from `pid` or are in the session it leads, without itself. The session holds those
 * whose parents are gone, too, and those that were given a process group of their own, as turbo does.
 * @param {number} pid
 */
export const familyOf = (pid) => {
  const all = allProcesses()
  const family = new Set([pid])
  for (let before = 0; before < family.size;) {
    before = family.size
    for (const one of all) if (one.session === pid || family.has(one.parent)) family.add(one.pid)
  }
  return all.filter((one) => one.pid !== pid && family.has(one.pid) && !one.dead).map((one) => one.pid)
}

/**
 * Whether a process runs, or anything that it has started and left behind.
 * @param {number} pid
 */
export const isAlive = (pid) => {
  if (process.platform === 'linux') return processOf(pid)?.dead === false || familyOf(pid).length > 0
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/** Kills what this process has started, and what that started, whatever starts in between. */
export const killFamily = () => {
  for (let rest = familyOf(process.pid); rest.length > 0; rest = familyOf(process.pid)) {
    for (const pid of rest) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself a moment ago.
      }
    }
  }
}
