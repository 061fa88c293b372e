import type { Intent, Result } from '../model/intent.js'
import type { SnapshotId, Usage } from '../model/snapshot.js'
import type { BackendMend, ExportedLayer, FileStat, Found, FoundLayer } from '../runtime/ports.js'

/**
 * What a backend asks of whatever works for it, by name. Arguments and answers are plain data, so that they can cross threads.
 * A failure is answered by the driver, or raised where the work is done.
 */
export type Operations = {
  /** Takes the root for a log, given by its UUID, and answers the layers that are there. A root of another log is a BackendFault. */
  readonly claim: (log: string) => readonly FoundLayer[]
  /** Moves layers that no record claims to `<root>/quarantine`; answers their names there. */
  readonly quarantine: (layers: readonly FoundLayer[]) => readonly string[]
  readonly perform: (intent: Intent) => Result
  /** Puts out the layer's tar. `epoch`: every time in it, nanoseconds since 1970. */
  readonly exportLayer: (layer: ExportedLayer, epoch: bigint | undefined) => void
  readonly usage: (id: SnapshotId) => Usage
  // Of a root that need not be claimed:
  /** Everything in it by its name and place; what layers and sidecars hold is left out. */
  readonly survey: () => readonly Found[]
  /** The same of a layer or a sidecar, with what it holds. Anything else as it was given. */
  readonly look: (found: Found) => Found
  readonly mend: (mend: BackendMend) => void
  // The content of an attached layer. FailedPrecondition for one that is not.
  readonly read: (id: SnapshotId, path: string) => Uint8Array
  readonly write: (id: SnapshotId, path: string, content: Uint8Array | string) => void
  readonly list: (id: SnapshotId, path: string) => readonly string[]
  readonly stat: (id: SnapshotId, path: string) => FileStat
  readonly remove: (id: SnapshotId, path: string) => void
  readonly rename: (id: SnapshotId, from: string, to: string) => void
  readonly link: (id: SnapshotId, existing: string, path: string) => void
  readonly symlink: (id: SnapshotId, target: string, path: string) => void
}

/** The name of an operation. */
export type Operation = keyof Operations
/** What an operation is given. */
export type Arguments<K extends Operation> = Parameters<Operations[K]>
/** What an operation answers when it has succeeded. */
export type Answer<K extends Operation> = ReturnType<Operations[K]>

/** An operation and its arguments as they come over from another thread. */
export type Asked = { readonly name: string; readonly args: readonly unknown[] }

/** What was asked, for messages: `SealLayer of layer 7`. */
export const describe = ({ name, args }: Asked): string => {
  if (name === 'claim' || name === 'quarantine') return 'open'
  if (name === 'survey') return 'a look into the root'
  if (name === 'look') return `a look at ${(args[0] as Found).path}`
  if (name === 'mend') return `a mend (${(args[0] as BackendMend).type})`
  if (name === 'exportLayer') return `export of layer ${(args[0] as ExportedLayer).id}`
  if (name !== 'perform') return `${name} of layer ${String(args[0])}`
  const { type, layer } = args[0] as Intent
  return `${type} of layer ${layer}`
}

/** Whether it undoes what it has done when its signal fires, as the port wants of seals and imports. What does not just stops. */
export const isUndone = ({ name, args }: Asked): boolean =>
  name === 'perform' && ['SealLayer', 'ImportLayer'].includes((args[0] as Intent).type)
