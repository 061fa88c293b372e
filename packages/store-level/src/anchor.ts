import { writeSync } from 'node:fs'
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { replaceFile, syncDirectory } from './content/files.js'
import { codeOf } from './faults.js'

/** The end of a certain log. */
export type LogHead = { readonly log: string; readonly seq: number; readonly hash: string }

/** What an anchor file says, and in which of its two slots. */
export type Anchored = { readonly head: LogHead; readonly slot: 0 | 1 }

/**
 * The head of the log, kept outside LevelDB so that a LevelDB that has lost its end is noticed. After loss of power, up to
 * the last second of it may be missing.
 */
export type Anchor = {
  /** Writes the head of a batch that is durable. A checkpoint is synced to the disk before this ends; may reject. */
  readonly move: (head: LogHead, checkpoint: boolean) => Promise<void>
  /** Syncs what is not yet on the disk, and closes the file; may reject. */
  readonly close: () => Promise<void>
}

// Each slot lies in a block of its own, so that a write cut short can't damage the other one.
const slotDistance = 4096
const slotBytes = 128
const syncAfterMs = 1000
const pattern = /^([0-9a-f]{8}) (([0-9a-f-]{36}) (\d{16}) ([0-9a-f]{64}))\n$/

const crcOf = (text: string): string => crc32(text).toString(16).padStart(8, '0')

const slotOf = ({ log, seq, hash }: LogHead): Buffer => {
  const text = `${log} ${String(seq).padStart(16, '0')} ${hash}`
  return Buffer.from(`${crcOf(text)} ${text}\n`, 'latin1')
}

const headIn = (file: Buffer, slot: 0 | 1): LogHead | undefined => {
  const bytes = file.subarray(slot * slotDistance, slot * slotDistance + slotBytes)
  const [, crc, text = '', log = '', seq, hash = ''] = pattern.exec(bytes.toString('latin1')) ?? []
  return crc !== undefined && crc === crcOf(text) ? { log, seq: Number(seq), hash } : undefined
}

/** What the anchor file says; undefined when it is missing or neither slot is whole. May reject. */
export const readAnchor = async (file: string): Promise<Anchored | undefined> => {
  const content = await readFile(file).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return Buffer.alloc(0)
    throw error
  })
  const [first, second] = [headIn(content, 0), headIn(content, 1)]
  if (first !== undefined && (second === undefined || first.seq > second.seq)) return { head: first, slot: 0 }
  return second === undefined ? undefined : { head: second, slot: 1 }
}

const create = async (file: string, head: LogHead): Promise<FileHandle> => {
  const content = Buffer.alloc(2 * slotDistance)
  slotOf(head).copy(content)
  await writeFile(`${file}.new`, content, { flush: true })
  await replaceFile(`${file}.new`, file)
  await syncDirectory(dirname(file))
  return open(file, 'r+')
}

/** The anchor in `file`. Without `found` the first move makes the file anew, whatever is there. May reject. */
export const openAnchor = async (file: string, found: Anchored | undefined): Promise<Anchor> => {
  let handle = found === undefined ? undefined : await open(file, 'r+')
  let last = found?.head
  let slot = found?.slot ?? 0
  let dirty = false
  let timer: NodeJS.Timeout | undefined
  let syncing = Promise.resolve()
  let failed = false

  const sync = (): Promise<void> => {
    syncing = syncing.then(async () => {
      if (!dirty) return
      dirty = false
      await handle?.datasync()
    })
    syncing.catch(() => {
      failed = true
    })
    return syncing
  }
  const syncLater = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      void sync()
    }, syncAfterMs).unref()
  }
  const write = ({ fd }: FileHandle, head: LogHead): void => {
    slot = slot === 0 ? 1 : 0
    const written = writeSync(fd, slotOf(head), 0, slotBytes, slot * slotDistance)
    if (written !== slotBytes) throw new Error(`only ${written} of ${slotBytes} bytes of the head were written`)
    dirty = true
  }
  return {
    move: async (head, checkpoint) => {
      if (failed) await syncing
      if (handle === undefined) handle = await create(file, head)
      else if (head.seq !== last?.seq) write(handle, head)
      last = head
      if (checkpoint) await sync()
      else if (dirty) syncLater()
    },
    close: async () => {
      clearTimeout(timer)
      try {
        await sync()
      } finally {
        await handle?.close()
      }
    },
  }
}
