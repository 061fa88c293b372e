import type { Command } from '../model/command.js'
import { get } from '../state/table.js'
import type { Pending, State } from '../state/state.js'

/** The names a command works on. `changes`: its own key and name. `needs`: the parent it stands on. `''` is no name. */
export type Touches = { readonly changes: readonly string[]; readonly needs: readonly string[] }

const named = (...names: readonly (string | undefined)[]): readonly string[] =>
  names.filter((name): name is string => name !== undefined && name !== '')

export const touchesOf = (command: Command): Touches => {
  switch (command.type) {
    case 'Prepare':
    case 'View':
      return { changes: named(command.key), needs: named(command.parent) }
    case 'Commit':
      return { changes: named(command.key, command.name), needs: named(command.parent) }
    case 'Update':
      return { changes: named(command.name), needs: [] }
    case 'Remove':
    case 'Attach':
    case 'Detach':
      return { changes: named(command.key), needs: [] }
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
}

/** The pending intents that a command has to wait for, each with the name it holds. */
export const blockersOf = (state: State, command: Command): readonly (Pending & { readonly name: string })[] => {
  if (state.pending.size === 0) return []
  const { changes, needs } = touchesOf(command)
  return [...changes, ...needs].flatMap((name) => {
    const pending = get(state.pending, name)
    const waits = pending !== undefined && (pending.blocks === 'everything' || waitsForAttachment[command.type])
    return waits ? [{ ...pending, name }] : []
  })
}
