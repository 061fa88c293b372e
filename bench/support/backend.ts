import * as E from 'fp-ts/lib/Either.js'
import { backendFault, hresult, pathOf, type Backend, type Files, type Intent, type Result } from '@varve/core'

const usage = { size: 4_194_304, inodes: 0, onDisk: 4_194_304, scratch: 4_194_304 }
const layout = { root: 'C:\\varve', separator: '\\' } as const

/** What a backend answers when the intent went well. */
export const success = (intent: Intent): Result => {
  switch (intent.type) {
    case 'CreateLayer':
      return { type: 'LayerCreated', usage, effective: intent.scratch === null ? null : '21474836480' }
    case 'SealLayer':
      return { type: 'LayerSealed', usage }
    case 'ImportLayer':
      return { type: 'LayerImported', usage, entries: 0 }
    case 'AttachLayer':
      return { type: 'LayerAttached' }
    case 'DetachLayer':
      return { type: 'LayerDetached', usage }
    case 'RetireLayer':
      return { type: 'LayerRetired' }
    case 'DestroyLayer':
      return { type: 'LayerDestroyed' }
  }
}

/** A backend that does nothing: it answers with success, at once or after what `wait` gives. */
export const instantBackend = (wait?: (intent: Intent) => Promise<void> | undefined): Backend => ({
  layout,
  supports: { readOnlyViews: false },
  open: () => async () => E.right({ quarantined: [] }),
  execute: (intent) => async () => {
    const waiting = wait?.(intent)
    if (waiting !== undefined) await waiting
    return E.right(success(intent))
  },
  exportLayer: async function* () {
    yield E.left(backendFault('there is nothing to export', hresult.unspecified))
  },
  usage: () => async () => E.right(usage),
  files: ({ id }) => ({ path: pathOf(layout, 'mounts', String(id)), files: {} as Files }),
  close: () => async () => E.right(undefined),
})
