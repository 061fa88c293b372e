import type { Layout } from '@varve/core/ports'

/** Where a root that may be relative is on this host; undefined where there is no file system. */
export const resolveRoot = (_root: string): Layout | undefined => undefined
