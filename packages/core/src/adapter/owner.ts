import { backendFault, hresult } from '../model/fault.js'
import { pathOf, type Layout } from '../model/layout.js'
import { raise } from './failure.js'
import { fieldsIn } from './sidecar.js'

/** The file in a root that says whose layers it holds. */
export const ownerFile = 'varve.json'

/** The content of that file for a log, given by its UUID. */
export const ownerBytes = (log: string): Uint8Array => new TextEncoder().encode(`${JSON.stringify({ log })}\n`)

/** The UUID that the content of that file says; undefined where it says none. */
export const ownerIn = (bytes: Uint8Array): string | undefined => {
  const { log } = fieldsIn(bytes)
  return typeof log === 'string' ? log : undefined
}

/**
 * Raises a BackendFault unless a root may be taken for a log: a file that says of no log, and a root of another log, are
 * refused. `hasFile`: whether the file is there; `owner`: what it says.
 */
export const checkOwner = (
  layout: Layout,
  { hasFile, owner }: { readonly hasFile: boolean; readonly owner: string | undefined },
  log: string,
): void => {
  if (hasFile && owner === undefined)
    raise(
      backendFault(
        `${pathOf(layout, ownerFile)} does not say whose layers these are; write {"log":"<UUID>"} into it or give another root`,
        hresult.corrupt,
      ),
    )
  if (owner !== undefined && owner !== log)
    raise(
      backendFault(
        `${layout.root} holds the layers of log ${owner} and was opened for log ${log}; give the log or the root that belongs to it`,
        hresult.alreadyExists,
      ),
    )
}
