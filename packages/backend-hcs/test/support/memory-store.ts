import * as E from 'fp-ts/lib/Either.js'
import { createHash } from 'node:crypto'
import type { EventStore, Head, Row, Sealed } from '@varve/core/ports'

/** A log as long-lived as the object: closed and opened again it is still there. */
export const memoryStore = (): EventStore => {
  const records: Sealed[] = []
  const rows = new Map<string, string>()
  const head = (): Head => records.at(-1) ?? { seq: 0, hash: '0'.repeat(64) }
  return {
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
    open: () => async () =>
      E.right({ log: '5a1d9ad3-5b1c-4f0e-8b0e-000000000001', head: { seq: head().seq, hash: head().hash } }),
    append:
      (_expected, added, changed = []) =>
      async () => {
        records.push(...added)
        for (const { key, value } of changed) {
          if (value === undefined) rows.delete(key)
          else rows.set(key, value)
        }
        return E.right(undefined)
      },
    read: async function* (after) {
      if (after < records.length) yield E.right(records.slice(after).map(({ text }) => text))
    },
    rows: async function* (prefix) {
      const found: Row[] = [...rows].map(([key, value]) => ({ key, value })).filter(({ key }) => key.startsWith(prefix))
      for (let from = 0; from < found.length; from += 250) yield E.right(found.slice(from, from + 250))
    },
    close: () => async () => E.right(undefined),
  }
}
