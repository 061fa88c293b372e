import type { Explanation } from './log/explanation.js'
import type { Layout } from './model/layout.js'
import type { Info, Mount, SnapshotId, Usage } from './model/snapshot.js'
import { promised, resolved, thrownFrom } from './promised.js'
import { openHistory as openTask } from './runtime/history.js'
import type { Changes, History, HistoryOptions, Instant, Moment } from './runtime/history-face.js'
import type { EventStore } from './runtime/ports.js'

/** A moment whose queries are promises. */
export type PromiseMoment = Pick<Moment, 'seq' | 'at' | 'state' | 'outstanding' | 'digest'> & {
  readonly stat: (key: string) => Promise<Info>
  readonly mounts: (key: string, layout: Layout) => Promise<readonly Mount[]>
  readonly usage: (key: string) => Promise<Usage>
  readonly walk: (filters?: readonly string[]) => AsyncIterable<Info>
}

/** A history whose calls are promises. */
export type PromiseHistory = Pick<History, 'log' | 'head'> & {
  readonly at: (when: Instant) => Promise<PromiseMoment>
  readonly diff: (from: Instant, to: Instant) => Promise<Changes>
  readonly explain: (target: string | SnapshotId) => Promise<Explanation>
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const momentOf = (moment: Moment): PromiseMoment => {
  const { seq, at, state, outstanding, digest } = moment
  return {
    seq,
    at,
    state,
    outstanding,
    digest,
    stat: async (key) => resolved(async () => moment.stat(key)),
    mounts: async (key, layout) => resolved(async () => moment.mounts(key, layout)),
    usage: async (key) => resolved(async () => moment.usage(key)),
    walk: (filters) => thrownFrom(moment.walk(filters)),
  }
}

/** The history whose calls are promises. */
export const historyOf = ({ log, head, at, diff, explain, close }: History): PromiseHistory => {
  const closed = promised(close)
  return {
    log,
    head,
    at: async (when) => momentOf(await resolved(at(when))),
    diff: promised(diff),
    explain: promised(explain),
    close: closed,
    [Symbol.asyncDispose]: closed,
  }
}

/** Opens a history whose calls are promises; otherwise the same as `openHistory` of `@varve/core`. */
export const openHistory = async (store: EventStore, options?: HistoryOptions): Promise<PromiseHistory> =>
  historyOf(await resolved(openTask(store, options)))
