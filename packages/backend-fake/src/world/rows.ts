import type { Disk } from './disk.js'
import { step, type Work } from './work.js'

const chunkLength = 1024 * 1024
const rowsAtOnce = 1_000
const encoder = new TextEncoder()

/** Writes a table of one JSON text per line. */
export function* writeRows(disk: Disk, path: string, rows: Iterable<unknown>): Work<void> {
  disk.write(path, new Uint8Array(0))
  let lines: string[] = []
  const flush = (): void => {
    disk.append(path, encoder.encode(lines.join('')))
    lines = []
  }
  for (const row of rows) {
    lines.push(`${JSON.stringify(row)}\n`)
    if (lines.length < rowsAtOnce) continue
    flush()
    yield step
  }
  flush()
  yield step
}

/** Hands every row of a table to `take`; a table that is not there has none. */
export function* readRows(disk: Disk, path: string, take: (row: unknown) => void): Work<void> {
  const size = disk.lstat(path)?.size ?? 0
  const decoder = new TextDecoder()
  let rest = ''
  for (let offset = 0; offset < size; offset += chunkLength) {
    const text = rest + decoder.decode(disk.read(path, offset, Math.min(chunkLength, size - offset)), { stream: true })
    const lines = text.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(JSON.parse(line))
    yield step
  }
}

type Deletion = { readonly path: string; readonly deleted: true }

const isDeletion = (row: unknown): row is Deletion =>
  typeof row === 'object' && row !== null && 'deleted' in row && row.deleted === true && 'path' in row

/** Paths that a layer hides from its parents' content. */
export function* readDeletions(disk: Disk, path: string): Work<readonly string[]> {
  const deleted: string[] = []
  yield* readRows(disk, path, (row) => {
    if (isDeletion(row)) deleted.push(row.path)
  })
  return deleted
}

export function* writeDeletions(disk: Disk, path: string, deleted: readonly string[]): Work<void> {
  if (deleted.length === 0) return
  yield* writeRows(
    disk,
    path,
    deleted.map((deletion): Deletion => ({ path: deletion, deleted: true })),
  )
}
