import * as E from 'fp-ts/lib/Either.js'
import { createHash } from 'node:crypto'
import {
  backendFault,
  hresult,
  noHash,
  pathOf,
  storeFault,
  type Backend,
  type EventStore,
  type Failure,
  type Files,
  type Intent,
  type Result,
  type Row,
} from '@varve/core'

/** A store that keeps texts in an array, and can be told to fail its next write. */
export const arrayStore = (): EventStore & {
  readonly texts: string[]
  readonly rowsKept: Map<string, string>
  failNext?: boolean
} => {
  const texts: string[] = []
  const rowsKept = new Map<string, string>()
  const hashAt = (seq: number): string => (seq === 0 ? noHash : (texts[seq - 1] as string).slice(-66, -2))
  const store: ReturnType<typeof arrayStore> = {
    texts,
    rowsKept,
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
    open: () => async () =>
      E.right({ log: '5a1d9ad3-5b1c-4f0e-8b0e-000000000001', head: { seq: texts.length, hash: hashAt(texts.length) } }),
    append:
      (expected, records, rows = []) =>
      async () => {
        await new Promise((resolve) => setImmediate(resolve))
        if (store.failNext === true) return E.left(storeFault('the disk is full', 'ENOSPC'))
        if (expected.seq !== texts.length) return E.left(storeFault('stale', 'STALE_HEAD'))
        for (const { text } of records) texts.push(text)
        for (const { key, value } of rows) {
          if (value === undefined) rowsKept.delete(key)
          else rowsKept.set(key, value)
        }
        return E.right(undefined)
      },
    read: async function* (after) {
      if (after < texts.length) yield E.right(texts.slice(after))
    },
    rows: async function* (prefix) {
      const found: Row[] = [...rowsKept]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => ({ key, value }))
      if (found.length > 0) yield E.right(found)
    },
    close: () => async () => E.right(undefined),
  }
  return store
}

const usage = { size: 4, inodes: 0, onDisk: 4, scratch: 0 }

const success = (intent: Intent): Result => {
  switch (intent.type) {
    case 'CreateLayer':
      return { type: 'LayerCreated', usage, effective: intent.scratch === null ? null : '21474836480' }
    case 'SealLayer':
      return { type: 'LayerSealed', usage }
    case 'ImportLayer':
      return { type: 'LayerImported', usage, entries: 3 }
    case 'AttachLayer':
      return { type: 'LayerAttached' }
    case 'DetachLayer':
      return { type: 'LayerDetached', usage }
    case 'RetireLayer':
      return { type: 'LayerRetired' }
    case 'DestroyLayer':
      return { type: 'LayerDestroyed' }
  }
}

const layout = { root: '/layers', separator: '/' } as const

/** Holds no content: answers each intent as `answer` says, or with success; `performed` lists them. */
export const recordingBackend = (
  answer: (intent: Intent) => Promise<Failure | undefined> | Failure | undefined = () => undefined,
): Backend & { readonly performed: Intent[] } => {
  const performed: Intent[] = []
  return {
    performed,
    layout,
    supports: { readOnlyViews: false },
    open: () => async () => E.right({ quarantined: [] }),
    execute:
      (intent, { tar = [] }) =>
      async () => {
        performed.push(intent)
        const failure = await answer(intent)
        if (failure !== undefined) return E.left(failure)
        for await (const chunk of tar) if (E.isLeft(chunk)) return chunk
        return E.right(success(intent))
      },
    exportLayer: async function* () {
      yield E.left(backendFault('there is no content to export', hresult.unspecified))
    },
    usage: () => async () => E.right(usage),
    files: ({ id }) => ({ path: pathOf(layout, 'mounts', String(id)), files: {} as Files }),
    close: () => async () => E.right(undefined),
  }
}
