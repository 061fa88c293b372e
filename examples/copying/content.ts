import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, link, lstat, mkdir, readFile, readdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { LeftOut, Survey } from './entries.js'

/** What a directory should hold: by path, what each entry is. Equal texts mean equal content. */
export type Manifest = Map<string, string>

/** Files up to this many bytes are read at once, larger ones in pieces. */
const atOnce = 4_194_304

const directoryText = 'directory'
const symlinkText = (target: string): string => `symlink ${target}`
const fileText = (sha256: string): string => `file ${sha256}`

/** The manifest's text for a file of these bytes. */
export const textOfBytes = (bytes: Uint8Array): string => fileText(createHash('sha256').update(bytes).digest('hex'))

const copyFile = async (source: string, target: string, size: number): Promise<string> => {
  if (size <= atOnce) {
    const bytes = await readFile(source)
    await writeFile(target, bytes)
    return textOfBytes(bytes)
  }
  const hash = createHash('sha256')
  const hashed = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk)
      yield chunk
    }
  }
  await pipeline(createReadStream(source), hashed, createWriteStream(target))
  return fileText(hash.digest('hex'))
}

/** Copies what was surveyed, telling the bytes done so far. What vanished meanwhile is left out. */
export const copyIn = async (
  { entries }: Survey,
  target: string,
  progress: (bytes: number) => void,
): Promise<{ readonly manifest: Manifest; readonly leftOut: readonly LeftOut[] }> => {
  const manifest: Manifest = new Map()
  const leftOut: LeftOut[] = []
  let bytes = 0
  for (const entry of entries) {
    const to = join(target, entry.path)
    const first = entry.sameAs === undefined ? undefined : manifest.get(entry.sameAs)
    try {
      if (entry.type === 'directory') {
        await mkdir(to, { recursive: true })
        manifest.set(entry.path, directoryText)
      } else if (entry.type === 'symlink') {
        await symlink(entry.target ?? '', to)
        manifest.set(entry.path, symlinkText(entry.target ?? ''))
      } else if (first !== undefined) {
        await link(join(target, entry.sameAs ?? ''), to)
        manifest.set(entry.path, first)
      } else {
        manifest.set(entry.path, await copyFile(entry.source, to, entry.bytes))
        await chmod(to, (await lstat(entry.source)).mode & 0o777)
        bytes += entry.bytes
        progress(bytes)
      }
    } catch (error) {
      leftOut.push({ path: entry.path, why: (error as Error).message })
    }
  }
  return { manifest, leftOut }
}

const hashOf = async (path: string, size: number): Promise<string> => {
  if (size <= atOnce) return textOfBytes(await readFile(path))
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return fileText(hash.digest('hex'))
}

/** What a directory holds. */
export const readBack = async (directory: string, prefix = '', manifest: Manifest = new Map()): Promise<Manifest> => {
  for (const child of await readdir(join(directory, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? child.name : `${prefix}/${child.name}`
    const at = join(directory, path)
    if (child.isSymbolicLink()) manifest.set(path, symlinkText(await readlink(at)))
    else if (child.isDirectory()) {
      manifest.set(path, directoryText)
      await readBack(directory, path, manifest)
    } else manifest.set(path, await hashOf(at, (await lstat(at)).size))
  }
  return manifest
}

/** A base layer has these of its own, whatever was put in. */
const hiveFolder = 'Windows/System32/config'
const ownEntries = new Set([
  'Windows',
  'Windows/System32',
  hiveFolder,
  ...['DEFAULT', 'SAM', 'SECURITY', 'SOFTWARE', 'SYSTEM'].map((name) => `${hiveFolder}/${name}`),
])

/** The paths that are missing, changed, or there without having been put in. */
export const differences = (expected: Manifest, found: Manifest): readonly string[] => [
  ...[...expected].flatMap(([path, text]) => (found.get(path) === text ? [] : [path])),
  ...[...found.keys()].filter((path) => !expected.has(path) && !ownEntries.has(path)),
]

/** One text for a whole manifest, without the entries that a base layer has of its own. */
export const digestOf = (manifest: Manifest): string => {
  const lines = [...manifest].filter(([path]) => !ownEntries.has(path)).map(([path, text]) => `${path}\0${text}\n`)
  return `sha256:${createHash('sha256').update(lines.toSorted().join('')).digest('hex')}`
}

export const filesIn = (manifest: Manifest): number =>
  [...manifest.values()].filter((text) => text.startsWith('file ')).length
