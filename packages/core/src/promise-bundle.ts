import type { Bundle } from './log/bundle.js'
import type { Profile } from './model/snapshot.js'
import { resolved, thrownFrom } from './promised.js'
import {
  exportBundle as exportTask,
  importBundle as importTask,
  type BundleSource,
  type ImportOptions,
} from './runtime/bundle.js'
import type { EventStore } from './runtime/ports.js'

/** The log of a store as one stream of bytes; otherwise the same as `exportBundle` of `@varve/core`. */
export const exportBundle = (store: EventStore, options?: { readonly profile?: Profile }): AsyncIterable<Uint8Array> =>
  thrownFrom(exportTask(store, options))

/** Reads a bundle; otherwise the same as `importBundle` of `@varve/core`. */
export const importBundle = (source: BundleSource, options?: ImportOptions): Promise<Bundle> =>
  resolved(importTask(source, options))
