import { lstat, open } from 'node:fs/promises'
import { survey, type Entry, type Survey } from '../copying/entries.js'

const modules = /(?:^|\/)node_modules(?:\/|$)/

const isOwn = ({ path }: { readonly path: string }): boolean => !modules.test(path)

const bytesOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { bytes, sameAs }) => (sameAs === undefined ? sum + bytes : sum), 0)

/** What of a directory goes into a layer, but for installed packages. `without`: a directory inside it to pass over. */
export const surveyOwn = async (directory: string, without: string): Promise<Survey> => {
  const { entries, leftOut } = await survey(directory, without)
  const own = entries.filter(isOwn)
  return { entries: own, leftOut: leftOut.filter(isOwn), bytes: bytesOf(own) }
}

/** The newest time of the files, in whole seconds since 1970. */
export const newestSecond = async (files: readonly string[]): Promise<number> => {
  let newest = 0
  for (const file of files) {
    const found = await lstat(file).catch(() => undefined)
    if (found !== undefined) newest = Math.max(newest, Math.floor(found.mtimeMs / 1_000))
  }
  return newest
}

/** Why a file is no Windows program, or undefined. */
export const programProblem = async (path: string): Promise<string | undefined> => {
  try {
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
      return bytesRead === 2 && buffer.toString('latin1') === 'MZ' ? undefined : 'does not begin with MZ'
    } finally {
      await file.close()
    }
  } catch (error) {
    return (error as Error).message
  }
}
