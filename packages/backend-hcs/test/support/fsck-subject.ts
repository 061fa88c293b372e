import * as E from 'fp-ts/lib/Either.js'
import { createHash, randomUUID } from 'node:crypto'
import { check, openSnapshotter, repair, rescue } from '@varve/core/promise'
import type { EventStore, FoundRecord, NotedHead, Row } from '@varve/core'
import { attachAll, type FsckSubject, type LogFiles, type RootFiles } from '@varve/core/conformance'
import type { NativeSource } from '../../src/driver.js'
import { backendOver } from '../../src/hcs-backend.js'
import { dropRoot, unbind } from './drop-root.js'
import { standin } from './standin.js'
import { filesOf } from './standin-files.js'
import { checkLeaks, freshRoot } from './subjects.js'

type Kept = {
  log: string
  records: FoundRecord[]
  rows: Map<string, string>
  anchor: NotedHead | 'damaged' | undefined
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const hashOf = (text: string | undefined): string => text?.slice(-66, -2) ?? '0'.repeat(64)

async function* once<A>(all: readonly A[]): AsyncGenerator<E.Either<never, readonly A[]>> {
  if (all.length > 0) yield E.right(all)
}

const withPrefix = ({ rows }: Kept, prefix: string): readonly Row[] =>
  [...rows].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value }))

const put = ({ rows }: Kept, changed: readonly Row[]): void => {
  for (const { key, value } of changed)
    if (value === undefined) rows.delete(key)
    else rows.set(key, value)
}

const headOf = ({ log, records }: Kept): NotedHead => {
  const last = records.at(-1)
  return { log, seq: last?.seq ?? 0, hash: hashOf(last?.text) }
}

/** A log as long-lived as what it keeps, that can be damaged and mended. */
const storeOn = (kept: Kept): EventStore => ({
  sha256,
  open: () => async () => {
    const { log, seq, hash } = headOf(kept)
    return E.right({ log, head: { seq, hash } })
  },
  append:
    (_expected, added, rows = []) =>
    async () => {
      kept.records.push(...added.map(({ seq, text }) => ({ seq, text })))
      put(kept, rows)
      kept.anchor = headOf(kept)
      return E.right(undefined)
    },
  read: (after) => once(kept.records.filter(({ seq }) => seq > after).map(({ text }) => text)),
  rows: (prefix) => once(withPrefix(kept, prefix)),
  close: () => async () => E.right(undefined),
  maintenance: {
    open: () => async () =>
      E.right({
        facts: { log: kept.log, head: kept.records.length === 0 ? undefined : headOf(kept), anchor: kept.anchor },
        records: () => once([...kept.records]),
        rows: (prefix) => once(withPrefix(kept, prefix)),
        mend:
          ({ keep, records, rows }) =>
          async () => {
            kept.records = [...kept.records.filter(({ seq }) => seq <= keep), ...records]
            put(kept, rows)
            kept.anchor = headOf(kept)
            return E.right(undefined)
          },
        close: () => async () => E.right(undefined),
      }),
  },
})

const logOf = (kept: Kept): LogFiles => ({
  records: async () => kept.records,
  put: async (record) => {
    kept.records = [...kept.records.filter(({ seq }) => seq !== record.seq), record].sort((a, b) => a.seq - b.seq)
  },
  drop: async (gone) => void (kept.records = kept.records.filter(({ seq }) => seq !== gone)),
  loseAfter: async (last) => void (kept.records = kept.records.filter(({ seq }) => seq <= last)),
  rows: async () => kept.rows,
  putRow: async (key, value) => put(kept, [{ key, value }]),
  anchor: async () => (kept.anchor === 'damaged' ? undefined : kept.anchor),
  setAnchor: async (anchor) => void (kept.anchor = anchor),
  sha256,
})

const rootOf = (root: string): RootFiles => {
  const files = filesOf(standin())
  const at = (path: string): string => `${root}\\${path.replaceAll('/', '\\')}`
  const write = async (path: string, content: Uint8Array | string): Promise<void> => {
    files.makeFolder(at(path).slice(0, at(path).lastIndexOf('\\')))
    files.fillFile(at(path), typeof content === 'string' ? new TextEncoder().encode(content) : content)
  }
  return {
    list: async (path) => (files.kindOf(at(path)) === 'directory' ? files.list(at(path)) : []),
    read: async (path) => (files.kindOf(at(path)) === 'file' ? files.readFile(at(path)) : undefined),
    write,
    truncate: (path, length) => write(path, files.readPart(at(path), 0, length)),
    remove: async (path) => {
      if (path.startsWith('mounts/')) await unbind(at(path))
      files.removeTree(at(path))
    },
    rename: async (from, to) => files.rename(at(from), at(to)),
  }
}

/** Layers of the stand-in, and a log in memory. */
export const fsckSubject = (native: NativeSource): FsckSubject & { readonly close: () => Promise<void> } => {
  const root = freshRoot()
  const kept: Kept = { log: randomUUID(), records: [], rows: new Map(), anchor: undefined }
  const pair = () => ({ store: storeOn(kept), backend: backendOver({ root }, native) })
  return {
    open: () => openSnapshotter(pair()),
    leaveAttached: async (written) => {
      const killed = pair()
      await attachAll(await openSnapshotter(killed), written)
      await killed.backend.close()()
    },
    check: () => check(pair()),
    repair: (plan) => repair(plan, pair()),
    rescue: () => {
      Object.assign(kept, { log: randomUUID(), records: [], rows: new Map(), anchor: undefined })
      return rescue(pair())
    },
    root: rootOf(root),
    log: logOf(kept),
    beside: (id) => ({ content: `meta/${id}.seal`, temporary: `temp/${id}.in/left` }),
    remakesTemplates: false,
    close: async () => {
      checkLeaks('the case')
      await dropRoot(root)
    },
  }
}
