import * as E from 'fp-ts/lib/Either.js'
import { backendFault, hresult, type BackendFault, type Layout } from '@varve/core/ports'
import type { WorldDriver } from '../world/operations.js'

/** Stands in for the driver where there is no Node.js. */
export const openDiskDriver = async (layout: Layout): Promise<E.Either<BackendFault, WorldDriver>> =>
  E.left(
    backendFault(
      `layers were asked for in ${layout.root}, and there is no file system here; leave the root out to hold them in memory`,
      hresult.pathNotFound,
    ),
  )
