// @ts-check
/**
 * A lock between processes that survives kill -9 of its holder. The holder is who created the file with the highest
 * number; creation is exclusive and the highest file is never deleted, so two processes that see the same dead holder
 * cannot both succeed it; who was so slow that its number was used and swept away meanwhile sees a higher one and gives
 * way. The file holds the holder's pid, `0` once released, nothing for the moment in between.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from './processes.mjs'

const POLL_MS = 100
const BEAT_MS = 1_000
/** A holder that has not touched its file for this long is dead, whatever process has its number now. */
const STALE_MS = 15_000

/** @param {unknown} error */
const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code

/** @param {string} directory */
const numbersIn = (directory) =>
  readdirSync(directory)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/**
 * Who holds the lock by this file: a pid, `'unknown'`, or undefined when nobody does.
 * @param {string} file
 */
const holderOf = (file) => {
  try {
    const text = readFileSync(file, 'utf8')
    if (Date.now() - statSync(file).mtimeMs > STALE_MS) return undefined
    if (text === '') return 'unknown'
    const pid = Number(text)
    return pid > 0 && pid !== process.pid && isAlive(pid) ? pid : undefined
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** @param {string} file */
const tryToCreate = (file) => {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/**
 * @param {string} directory
 * @param {(holder: number | 'unknown') => void} onWait told once, when there is somebody to wait for
 */
const take = async (directory, onWait) => {
  mkdirSync(directory, { recursive: true })
  for (let waited = false; ;) {
    const last = Math.max(0, ...numbersIn(directory))
    const holder = holderOf(join(directory, String(last)))
    if (holder === undefined) {
      const mine = last + 1
      const file = join(directory, String(mine))
      if (!tryToCreate(file)) continue
      if (Math.max(...numbersIn(directory)) === mine) return mine
      rmSync(file)
      continue
    }
    if (!waited) onWait(holder)
    waited = true
    await sleep(POLL_MS)
  }
}

/**
 * Runs `work` while no other process does so under the same directory.
 * @template T
 * @param {string} directory made when absent, and for nothing else
 * @param {(holder: number | 'unknown') => void} onWait
 * @param {() => Promise<T>} work
 */
export const withLock = async (directory, onWait, work) => {
  const mine = await take(directory, onWait)
  const file = join(directory, String(mine))
  const beat = setInterval(() => utimesSync(file, new Date(), new Date()), BEAT_MS)
  try {
    for (const number of numbersIn(directory))
      if (number < mine) rmSync(join(directory, String(number)), { force: true })
    return await work()
  } finally {
    clearInterval(beat)
    writeFileSync(file, '0')
  }
}
