import type { Backend } from '@varve/core/ports'
import { backendOver } from './hcs-backend.js'
import type { HcsBackendOptions } from './options.js'

export type { HcsBackendOptions }

/**
 * Windows container storage through the Host Compute Service. The package can be imported on any system; opening the backend
 * where there is no Windows is a BackendFault, as are options that are malformed and a root that no layers can be in.
 */
export const hcsBackend = (options: HcsBackendOptions): Backend => backendOver(options)
