import { backendFault } from '@varve/core/ports'
import type { Disk } from './disk.js'
import { codes, raise } from './failure.js'
import { step, type Work } from './work.js'
import { shownPath, type World } from './world.js'

const chunkLength = 256 * 1024
const flushedLength = 256 * 1024
const rowsAtOnce = 1_000
const encoder = new TextEncoder()

/** A table of one JSON text per line, in the making. */
export type RowWriter = {
  /** Lines end in a newline. */
  readonly add: (line: string) => Work<void>
  readonly flush: () => Work<void>
}

export const lineOf = (row: unknown): string => `${JSON.stringify(row)}\n`

/** Begins a table, which takes the place of one that is there. */
export const rowWriter = (disk: Disk, path: string): RowWriter => {
  let lines: string[] = []
  let length = 0
  function* flush(): Work<void> {
    if (lines.length > 0) disk.append(path, encoder.encode(lines.join('')))
    lines = []
    length = 0
    yield step
  }
  function* add(line: string): Work<void> {
    lines.push(line)
    length += line.length
    if (lines.length >= rowsAtOnce || length >= flushedLength) yield* flush()
  }
  disk.write(path, new Uint8Array(0))
  return { add, flush }
}

/** Writes a table of one JSON text per line. */
export function* writeRows(disk: Disk, path: string, rows: Iterable<unknown>): Work<void> {
  const writer = rowWriter(disk, path)
  for (const row of rows) yield* writer.add(lineOf(row))
  yield* writer.flush()
}

const damaged = (world: World, path: string, line: number): never =>
  raise(
    backendFault(
      `${shownPath(world, path)} is damaged in line ${line}; put back what was there, or remove the snapshot`,
      codes.corrupt,
    ),
  )

/**
 * Hands what `parse` makes of every line of a table to `take`; a table that is not there has none. A line that `parse` throws
 * at, or that has no end, is a fault that names the table.
 */
export function* readLines<T>(
  world: World,
  path: string,
  parse: (line: string) => T,
  take: (row: T) => void,
): Work<void> {
  const { disk } = world
  const size = disk.lstat(path)?.size ?? 0
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let number = 0
  for (let offset = 0; offset < size; offset += chunkLength) {
    const bytes = disk.read(path, offset, Math.min(chunkLength, size - offset))
    const rows: T[] = []
    try {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        number++
        rows.push(parse(line))
      }
    } catch {
      damaged(world, path, number)
    }
    for (const row of rows) take(row)
    yield step
  }
  if (rest !== '') damaged(world, path, number + 1)
}
