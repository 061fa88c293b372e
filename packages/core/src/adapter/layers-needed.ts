import type { Intent } from '../model/intent.js'
import type { SnapshotId } from '../model/snapshot.js'

/**
 * Layers that an intent finds under their own names. One that is called `rm-<id>` all the same was renamed by a retire that then
 * failed: its record is there still, and it gets its name back.
 */
export const layersNeeded = (intent: Intent): readonly SnapshotId[] => {
  if (intent.type === 'RetireLayer' || intent.type === 'DestroyLayer') return []
  return intent.type === 'CreateLayer' ? intent.parents : [intent.layer, ...intent.parents]
}
