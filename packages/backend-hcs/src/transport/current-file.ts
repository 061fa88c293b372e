import { bodySizeOf, type LayerEntry } from '@varve/core/tar'
import { alternateHead, dataHead } from '../formats/backup-builder.js'
import type { BackupOutput } from './backup-output.js'
import { refuse, type Where } from './items.js'

/** The file of a sink that is being written: its bytes come after it, and its alternate streams after these. */
export type CurrentFile = {
  /** Goes on with an entry whose streams but for data were written to the output. */
  readonly begin: (entry: LayerEntry, where: Where, output: BackupOutput) => void
  /** Goes on with an alternate stream. */
  readonly beginStream: (entry: LayerEntry & { readonly type: 'stream' }, where: Where) => void
  readonly write: (bytes: Uint8Array) => void
  /** Closes the file, also when it fails. */
  readonly end: () => void
  readonly drop: () => void
}

type Open = { readonly name: string; readonly output: BackupOutput; where: Where; left: number }

export const currentFile = (): CurrentFile => {
  let open: Open | undefined

  const checkWhole = ({ where, left }: Open): void => {
    if (left > 0) refuse(where, `${left} bytes too few`, 'must have as many bytes as its size says')
  }
  const drop = (): void => {
    const dropping = open
    open = undefined
    dropping?.output.drop()
  }
  return {
    begin: (entry, where, output) => {
      open = { name: entry.name, output, where, left: bodySizeOf(entry) }
      // An empty file need not have data, and what has none comes back without.
      if (entry.type === 'file' && entry.hasData) output.write(dataHead(entry.size))
    },
    beginStream: (entry, where) => {
      if (open === undefined || open.name !== entry.name)
        return refuse(where, entry.stream, 'must follow the entry whose alternate stream it is')
      checkWhole(open)
      open.output.write(alternateHead(entry.stream, entry.size))
      open.where = where
      open.left = entry.size
    },
    write: (bytes) => {
      if (bytes.length === 0) return
      if (open === undefined || bytes.length > open.left) throw new Error('bytes came that no entry has')
      open.output.write(bytes)
      open.left -= bytes.length
    },
    end: () => {
      if (open === undefined) return
      try {
        checkWhole(open)
        open.output.end()
      } finally {
        drop()
      }
    },
    drop,
  }
}
