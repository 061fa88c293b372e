import type { HostFiles } from './files.js'
import type { Native } from './native/native.js'

/** What an operation reaches the machine with. */
export type Machine = { readonly native: Native; readonly files: HostFiles }
