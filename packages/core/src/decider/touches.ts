import type { Command } from '../model/command.js'
import type { IntentId } from '../model/intent.js'
import type { Asking, Pending, State } from '../state/state.js'
import { entries, get } from '../state/table.js'

/** The names a command works on. `changes`: its own key and name. `needs`: the parent it stands on, or leaves. */
export type Touches = { readonly changes: readonly string[]; readonly needs: readonly string[] }

const named = (...names: readonly (string | undefined)[]): readonly string[] =>
  names.filter((name): name is string => name !== undefined && name !== '')

/** The parent under which a removal leaves one child less: of the snapshot, or of the one being made under that name. */
const parentOf = (state: State, name: string): string | undefined => {
  const pending = get(state.pending, name)
  const asking = pending === undefined ? undefined : get(state.outstanding, pending.intent)
  const isMade = asking?.type === 'PrepareAccepted' || asking?.type === 'CommitAccepted'
  return isMade ? asking.data.parent : get(state.snapshots, name)?.parent
}

export const touchesOf = (state: State, command: Command): Touches => {
  switch (command.type) {
    case 'Prepare':
    case 'View':
      return { changes: named(command.key), needs: named(command.parent) }
    case 'Commit':
      return { changes: named(command.key, command.name), needs: named(command.parent, parentOf(state, command.key)) }
    case 'Update':
      return { changes: named(command.name), needs: [] }
    case 'Remove':
      return { changes: named(command.key), needs: named(parentOf(state, command.key)) }
    case 'Attach':
    case 'Detach':
    case 'Apply':
      return { changes: named(command.key), needs: [] }
    case 'Cancel':
      return { changes: [], needs: [] }
  }
}

/** Attach and Detach under way block only what could not bear a change of the mounted content. */
const waitsForAttachment: Readonly<Record<Command['type'], boolean>> = {
  Prepare: false,
  View: false,
  Update: false,
  Commit: true,
  Remove: true,
  Attach: true,
  Detach: true,
  Apply: true,
  Cancel: false,
}

/** An intent that a command has to wait for, and the name it works on. */
export type Blocker = { readonly intent: IntentId; readonly name: string }

const isRemoval = (asking: Asking): asking is Extract<Asking, { readonly type: 'RemoveAccepted' }> =>
  asking.type === 'RemoveAccepted'

/** When every child is being removed, the removal of the parent waits for them instead of being refused for their sake. */
const lastChildren = (state: State, command: Command): readonly Blocker[] => {
  const children = command.type === 'Remove' ? (get(state.snapshots, command.key)?.children ?? 0) : 0
  if (command.type !== 'Remove' || children === 0 || state.outstanding.size < children) return []
  const removals = [...entries(state.outstanding)]
    .map(([, asking]) => asking)
    .filter(isRemoval)
    .filter(({ data }) => get(state.snapshots, data.key)?.parent === command.key)
  return removals.length < children ? [] : removals.map(({ seq, data }) => ({ intent: String(seq), name: data.key }))
}

/** The pending intents that a command has to wait for. */
export const blockersOf = (state: State, command: Command): readonly Blocker[] => {
  if (state.pending.size === 0) return []
  const { changes, needs } = touchesOf(state, command)
  const held = [...changes, ...(command.type === 'Remove' ? [] : needs)].flatMap((name) => {
    const pending: Pending | undefined = get(state.pending, name)
    const waits = pending !== undefined && (pending.blocks === 'everything' || waitsForAttachment[command.type])
    return waits ? [{ intent: pending.intent, name }] : []
  })
  return [...held, ...lastChildren(state, command)]
}
