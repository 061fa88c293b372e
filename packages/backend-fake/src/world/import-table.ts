import type { SnapshotId } from '@varve/core/ports'
import type { StreamEntry } from '@varve/core/tar'
import type { Disk, Output } from './disk.js'
import { rowWriter } from './rows.js'
import { appliedLine, lineOfRow, type RowEntry, type StoredStream } from './table.js'
import { step, type Work } from './work.js'
import { halfDeltaOf, streamsOf, tableOf } from './world.js'

/** The table of a layer that is being imported: under a name of its own until it is complete. */
export type ImportTable = {
  readonly path: string
  readonly add: (entry: RowEntry) => Work<void>
  /** Begins a stream of the entry before, and answers where its bytes go. */
  readonly addStream: (entry: StreamEntry) => Output
  /** Writes what is left. */
  readonly finish: () => Work<void>
  /** Gives it its place. */
  readonly place: () => Work<void>
  readonly close: () => void
}

export function* importTable(disk: Disk, layer: SnapshotId): Work<ImportTable> {
  const half = halfDeltaOf(layer)
  disk.mkdir(half)
  const path = `${half}/table.ndjson`
  const rows = rowWriter(disk, path)
  let pending: { readonly entry: RowEntry; readonly streams: StoredStream[] } | undefined
  let streams: Output | undefined
  let length = 0

  function* flushPending(): Work<void> {
    if (pending !== undefined) yield* rows.add(lineOfRow(pending))
    pending = undefined
  }
  yield* rows.add(appliedLine)
  return {
    path,
    *add(entry) {
      yield* flushPending()
      pending = { entry, streams: [] }
    },
    addStream: ({ stream, size }) => {
      streams ??= disk.create(`${half}/streams`)
      pending?.streams.push({ stream, size, at: length })
      length += size
      return streams
    },
    *finish() {
      yield* flushPending()
      yield* rows.flush()
      streams?.close()
    },
    *place() {
      if (streams !== undefined) disk.rename(`${half}/streams`, streamsOf(layer))
      yield step
      disk.rename(path, tableOf(layer))
      yield step
      disk.rmdir(half)
    },
    close: () => streams?.close(),
  }
}
