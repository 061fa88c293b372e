import * as E from 'fp-ts/lib/Either.js'
import type { EventStore } from '@varve/core'

/** A store that notes what goes through it. */
export type Counted = {
  readonly store: EventStore
  /** The records written since the last `reset`, and in how many appends. */
  readonly texts: string[]
  groups: number
  readonly reset: () => void
}

/** Wraps a store; `texts` keeps every record that was written. */
export const counted = (store: EventStore): Counted => {
  const counts: Counted = {
    texts: [],
    groups: 0,
    reset: () => {
      counts.texts.length = 0
      counts.groups = 0
    },
    store: {
      ...store,
      append: (expected, records, rows) => async () => {
        const result = await store.append(expected, records, rows)()
        if (E.isRight(result) && records.length > 0) {
          counts.groups++
          for (const { text } of records) counts.texts.push(text)
        }
        return result
      },
    },
  }
  return counts
}
