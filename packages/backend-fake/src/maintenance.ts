import * as E from 'fp-ts/lib/Either.js'
import { readSidecar, type BackendFault, type BackendMaintenance, type Found, type Remakable } from '@varve/core/ports'
import { asBackendFault } from './world/failure.js'
import type { Connection } from './fake-backend.js'

/** What was found under a name, and what is in it. */
const lookInto = async ({ call }: Connection, found: Found): Promise<E.Either<BackendFault, Found>> => {
  if (found.role === 'layer') {
    const parts = await call('partsOf', [found.id, found.retired])
    return E.isLeft(parts) ? E.left(asBackendFault(parts.left)) : E.right({ ...found, parts: parts.right })
  }
  if (found.role !== 'sidecar') return E.right(found)
  const text = await call('sidecarTextOf', [found.id])
  if (E.isLeft(text)) return E.left(asBackendFault(text.left))
  const read = text.right === undefined ? undefined : readSidecar(text.right)
  return E.right({ ...found, log: read?.log, sidecar: read?.sidecar })
}

/** Looks into a root and mends it, open or not. */
export const maintenanceOf = (link: Connection, remakes: readonly Remakable[]): BackendMaintenance => ({
  remakes,
  inspect: async function* () {
    const connected = await link.connect()
    if (E.isLeft(connected)) return yield connected
    const names = await link.call('survey', [])
    if (E.isLeft(names)) return yield E.left(asBackendFault(names.left))
    for (const name of names.right) {
      const found = await lookInto(link, name)
      yield found
      if (E.isLeft(found)) return
    }
  },
  mend: (mend) => async () => {
    const connected = await link.connect()
    if (E.isLeft(connected)) return connected
    return E.mapLeft(asBackendFault)(await link.call('mend', [mend]))
  },
})
