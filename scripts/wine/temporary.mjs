// @ts-check
/** Directories for what the tests of a lane write. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from '../processes.mjs'

const PREFIX = 'varve-wine-'

/**
 * A directory in `place`, called after this process. It is removed at the end of it.
 * @param {string} place
 */
export const makeTemporary = (place) => {
  const directory = mkdtempSync(join(place, `${PREFIX}${process.pid}-`))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/**
 * Removes the directories that processes which were killed have left in `place`.
 * @param {string} place
 */
export const removeLeft = (place) => {
  for (const name of readdirSync(place)) {
    const [, owner] = new RegExp(`^${PREFIX}(\\d+)-`).exec(name) ?? []
    if (owner === undefined || isAlive(Number(owner))) continue
    try {
      rmSync(join(place, name), { recursive: true, force: true })
    } catch {
      // Somebody else's, who may delete it.
    }
  }
}
