import type { Recorded } from '../model/event.js'
import { shown } from '../model/fault.js'
import type { SnapshotId } from '../model/snapshot.js'
import { onParent } from './sentences.js'

/** One event of a snapshot's life. `by`: who asked for it, directly or by the command whose intent it ended. */
export type Told = {
  readonly seq: number
  readonly at: string
  readonly type: Recorded['type']
  readonly by: string | null
  readonly text: string
}

/** Why a removal would be refused (`child`), or what it would wait for (`pending`). */
export type RemovalBlocker = {
  readonly kind: 'child' | 'pending'
  readonly name: string
  /** Of `pending`: the intent that has to end first. */
  readonly intent: string | null
}

/** Why a snapshot is as it is. */
export type Explanation = {
  readonly id: SnapshotId
  /** The name or key it has, or had last. */
  readonly name: string
  readonly now: 'Active' | 'View' | 'Committed' | 'being made' | 'removed' | 'given up' | 'never made'
  readonly parent: string
  /** Everything that happened to it, in order. */
  readonly story: readonly Told[]
  /** The event that ended it, and who asked for that; `null` while it is there. */
  readonly ended: Told | null
  /** What stands in the way of its removal now; empty for one that has ended. */
  readonly blockers: readonly RemovalBlocker[]
  /** Whether what is left of it on the disk is still to be destroyed. */
  readonly owed: boolean
  /** Other snapshots that have had the name, oldest first. */
  readonly others: readonly SnapshotId[]
}

const asked = (by: string | null): string => (by === null ? '' : `  (asked by ${shown(by)})`)

const obstacle = ({ kind, name, intent }: RemovalBlocker): string =>
  kind === 'child' ? `${shown(name)} stands on it` : `intent ${intent} on ${shown(name)} has to end first`

const endingOf = ({ now, ended, blockers, owed }: Explanation): readonly string[] => {
  const left = owed ? ['What is left of it on the disk is still to be destroyed.'] : []
  if (ended !== null) {
    const who = ended.by === null ? 'nobody said who asked' : `asked by ${shown(ended.by)}`
    return [`It was ${now} at ${ended.at} (${who}).`, ...left]
  }
  if (blockers.length === 0) return ['Nothing stands in the way of its removal.']
  return ['In the way of its removal:', ...blockers.map((blocker) => `  ${obstacle(blocker)}`)]
}

/** An explanation for people: a head line, an event in each line, and what stands in the way of its removal or how it ended. */
export const explanationText = (explanation: Explanation): string => {
  const { id, name, now, parent, story, others } = explanation
  const lines = story.map(
    ({ seq, at, type, by, text }) => `  ${String(seq).padStart(6)}  ${at}  ${type.padEnd(15)}  ${text}${asked(by)}`,
  )
  const had = others.length === 0 ? [] : [`Other snapshots had this name: ${others.join(', ')}.`]
  return [`snapshot ${id}, ${shown(name)}${onParent(parent)}: ${now}`, ...lines, ...endingOf(explanation), ...had].join(
    '\n',
  )
}
