import { readdir, lstat, readlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { foldName, nameProblem } from '@varve/core'

/** Something of the source directory that goes into a layer. `path` is relative, with `/`. */
export type Entry = {
  readonly path: string
  readonly source: string
  readonly type: 'file' | 'directory' | 'symlink'
  readonly bytes: number
  /** The path of an earlier entry that is the same file under another name. */
  readonly sameAs?: string
  /** Where a symlink points, as it is. */
  readonly target?: string
}

export type LeftOut = { readonly path: string; readonly why: string }
export type Survey = {
  readonly entries: readonly Entry[]
  readonly leftOut: readonly LeftOut[]
  readonly bytes: number
}

const text = new TextDecoder('utf-8', { fatal: true })

const decoded = (name: Buffer): string | undefined => {
  try {
    return text.decode(name)
  } catch {
    return undefined
  }
}

type Found = { entries: Entry[]; leftOut: LeftOut[]; firstNames: Map<string, string>; bytes: number }

const visitFile = async (found: Found, source: string, path: string): Promise<void> => {
  const { size, nlink, dev, ino } = await lstat(source)
  const identity = `${dev}:${ino}`
  const sameAs = nlink > 1 ? found.firstNames.get(identity) : undefined
  if (nlink > 1 && sameAs === undefined) found.firstNames.set(identity, path)
  if (sameAs === undefined) found.bytes += size
  found.entries.push({ path, source, type: 'file', bytes: size, ...(sameAs === undefined ? {} : { sameAs }) })
}

const visitDirectory = async (found: Found, directory: string, prefix: string, without: string): Promise<void> => {
  const folded = new Set<string>()
  const children = await readdir(directory, { withFileTypes: true, encoding: 'buffer' })
  const names = children.map((child) => ({ child, name: decoded(child.name) }))
  for (const { child, name } of names.toSorted((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1))) {
    const path = `${prefix}${name ?? child.name.toString('latin1')}`
    const problem = name === undefined ? 'its name is not UTF-8' : nameProblem(name)
    if (name === undefined || problem !== undefined) {
      found.leftOut.push({ path, why: problem ?? '' })
      continue
    }
    const source = join(directory, name)
    if (relative(without, source) === '') continue
    if (folded.has(foldName(name))) {
      found.leftOut.push({ path, why: 'on Windows its name is that of another entry beside it' })
      continue
    }
    folded.add(foldName(name))
    try {
      if (child.isSymbolicLink()) {
        found.entries.push({ path, source, type: 'symlink', bytes: 0, target: await readlink(source) })
      } else if (child.isDirectory()) {
        found.entries.push({ path, source, type: 'directory', bytes: 0 })
        await visitDirectory(found, source, `${path}/`, without)
      } else if (child.isFile()) {
        await visitFile(found, source, path)
      } else {
        found.leftOut.push({ path, why: 'it is neither a file nor a directory nor a symlink' })
      }
    } catch (error) {
      found.leftOut.push({ path, why: (error as Error).message })
    }
  }
}

/** What of a directory can go into a Windows layer, and what can't and why. `without`: a directory inside it to pass over. */
export const survey = async (directory: string, without: string): Promise<Survey> => {
  const found: Found = { entries: [], leftOut: [], firstNames: new Map(), bytes: 0 }
  await visitDirectory(found, directory, '', without)
  return found
}
