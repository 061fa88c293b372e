import { createHash } from 'node:crypto'
import type { Labels } from '@varve/core'

/** Bytes that depend on the tag alone; fewer of them are the beginning of more. */
export type Content = { readonly tag: string; readonly bytes: number }

export const bytesOf = ({ tag, bytes }: Content): Buffer =>
  Buffer.alloc(bytes, createHash('sha256').update(tag).digest())

/** What a client asks of the snapshotter. */
export type Call =
  | { readonly type: 'prepare' | 'view'; readonly key: string; readonly parent: string; readonly labels: Labels }
  | { readonly type: 'commit'; readonly name: string; readonly key: string; readonly labels: Labels }
  | { readonly type: 'update'; readonly key: string; readonly labels: Labels }
  | { readonly type: 'attach' | 'detach' | 'remove'; readonly key: string }
  | { readonly type: 'write'; readonly key: string; readonly path: string; readonly content: Content }
  | { readonly type: 'delete'; readonly key: string; readonly path: string }
  | { readonly type: 'cleanup' }

/** How a call may end: `either` where another client may have been first. */
export type Ending = 'done' | 'refused' | 'either'

/**
 * What a process tells, a line of JSON each: that it has opened; every call before it is made; how that ended, before the
 * same client goes on. A call has at most one end, and a client at most one call without one.
 */
export type Line =
  | { readonly type: 'opened' }
  | { readonly type: 'call'; readonly client: number; readonly call: Call; readonly ending: Ending }
  | { readonly type: 'end'; readonly client: number; readonly tag: string; readonly message: string }
