// @ts-check
/** How a script of this repository ends: with its parent, and with the signals that ask for it. */
import { processOf } from './processes.mjs'

const POLL_MS = 100

/** @type {Set<() => void>} */
const cleanUps = new Set()

/**
 * Has `cleanUp` called when this process is made to end early; gives back what undoes that.
 * @param {() => void} cleanUp must be synchronous
 */
export const beforeEnd = (cleanUp) => {
  cleanUps.add(cleanUp)
  return () => cleanUps.delete(cleanUp)
}

const cleanUpAll = () => {
  for (const cleanUp of cleanUps) cleanUp()
}

/** @param {number} pid */
const parentOf = (pid) => (pid === process.pid ? process.ppid : (processOf(pid)?.parent ?? 0))

/**
 * The processes whose parents must stay the same. npm starts scripts through a shell that outlives npm, so on Linux the
 * shell and npm are watched too; elsewhere only this process.
 */
const watched = () => {
  if (process.platform !== 'linux' || process.env['npm_lifecycle_event'] === undefined) return [process.pid]
  const shells = []
  let next = processOf(process.ppid)
  for (; next !== undefined && /^(sh|dash|ash|bash|busybox)$/.test(next.name); next = processOf(next.parent))
    shells.push(next.pid)
  return next?.name.startsWith('npm') === true ? [process.pid, ...shells, next.pid] : [process.pid]
}

/**
 * Ends this process at once, without a chance for anything but the clean-ups, when the process that started it (or the
 * npm that runs it, or the one that started that) is gone; with 128 + its number on SIGHUP, SIGINT and SIGTERM.
 * Windows does not tell a process that its parent ended: there only the signals count.
 * @param {number} [parent] who started it, when it was told: that one may be gone before this is called
 */
export const endWithParent = (parent = process.ppid) => {
  for (const [signal, number] of /** @type {const} */ ([
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ])) {
    process.on(signal, () => {
      cleanUpAll()
      process.exit(128 + number)
    })
  }
  if (process.platform === 'win32') return
  const before = watched().map((pid) => /** @type {const} */ ([pid, pid === process.pid ? parent : parentOf(pid)]))
  setInterval(() => {
    if (before.every(([pid, itsParent]) => parentOf(pid) === itsParent)) return
    cleanUpAll()
    process.kill(process.pid, 'SIGKILL')
  }, POLL_MS).unref()
}
