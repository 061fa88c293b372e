import { invalidEntry } from '@varve/core/ports'
import type { LayerEntry, LayerItem } from '@varve/core/tar'
import { raise } from '../failure.js'

/**
 * What is in a layer, entry by entry. Bytes are good until the next item is asked for. Whoever leaves the loop early has
 * everything closed and removed that was opened and made for it.
 */
export type LayerSource = Generator<LayerItem, void, undefined>

/** Where the entries of a layer go, one after another. What it refuses in an entry is an InvalidEntry. */
export type LayerSink = {
  /** `offset` is that of the entry in the tar, for messages. What has bytes gets them by `write`. */
  readonly add: (entry: LayerEntry, offset: number) => void
  /** Bytes of the entry added last. */
  readonly write: (bytes: Uint8Array) => void
  /** Everything has come. The sink is over then, also when it fails. */
  readonly close: () => void
  /** Closes what is open and removes what was made on the way. The layer is half-done then. Does nothing when it is over. */
  readonly abort: () => void
}

/** An entry of a layer, for messages. */
export type Where = { readonly name: string; readonly offset: number }

/** Ends the work on an entry that can't enter the layer. */
export const refuse = ({ name, offset }: Where, value: unknown, rule: string): never =>
  raise(invalidEntry(name, offset, value, rule))

/** The path of an entry below its layer. */
export const windowsPath = (name: string): string => name.replaceAll('/', '\\')

/** A path as Windows takes it at any length. */
export const longPath = (path: string): string => (path.startsWith('\\\\?\\') ? path : `\\\\?\\${path}`)

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('\\')))
export const lastOf = (path: string): string => path.slice(path.lastIndexOf('\\') + 1)
