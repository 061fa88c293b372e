import * as E from 'fp-ts/lib/Either.js'
import { step } from '../decider/step.js'
import { differences } from '../model/differences.js'
import type { Decided, Recorded } from '../model/event.js'
import type { StoreFault } from '../model/fault.js'
import { initialState, type State } from '../state/state.js'
import { openInputRow, type InputRow, type KeptInput } from './inputs.js'
import { linesIn, beginning, replayFrom } from './replay.js'
import type { Sha256 } from './record.js'
import { sha256 as pureSha256 } from './sha256.js'

/** A recorded log, and the rows of its inputs (`openSnapshotter({ journal: true })`). A bundle is one. */
export type InputJournal = { readonly records: string | readonly string[]; readonly inputs: readonly InputRow[] }

/**
 * Where today's rules part from what was recorded: at event number `event`, in its field `path` (`''`: the whole event). `null`
 * stands for nothing.
 */
export type Divergence = {
  readonly event: number
  readonly path: string
  readonly expected: unknown
  readonly got: unknown
}

/** How many inputs were decided again, and the first divergence. */
export type Redecided = { readonly inputs: number; readonly divergence: Divergence | null }

/** What is decided today: events to come, or why there are none. */
type Again = { readonly until: number; readonly events: readonly Decided[]; readonly refused: unknown }

const decideAgain = (before: State, { input, now, profile, first, events }: KeptInput): Again => {
  const until = first + events
  try {
    const stepped = step({ ...before, profile }, input, now)
    if (E.isLeft(stepped)) return { until, events: [], refused: stepped.left }
    return { until, events: stepped.right.recorded, refused: null }
  } catch (cause) {
    return { until, events: [], refused: { message: cause instanceof Error ? cause.message : String(cause) } }
  }
}

const bare = ({ type, data, seq, at, cause }: Decided): unknown => ({ type, data, seq, at, cause })

const divergenceAt = (event: number, expected: Recorded, { events, refused }: Again): Divergence | undefined => {
  const found = events.find(({ seq }) => seq === event)
  if (found === undefined) return { event, path: '', expected: bare(expected), got: refused }
  const [first] = differences(bare(expected), bare(found))
  return first && { event, path: first.path, expected: first.before ?? null, got: first.after ?? null }
}

const tooMany = ({ events, until }: Again): Divergence | undefined => {
  const more = events.find(({ seq }) => seq >= until)
  return more && { event: more.seq, path: '', expected: null, got: bare(more) }
}

/**
 * Decides the recorded inputs again, each in the state in which it was decided, and tells where that first leads to other events
 * than those recorded. Records that no kept input led to are folded and not judged.
 */
export const redecide = (
  { records, inputs }: InputJournal,
  { sha256 = pureSha256 }: { readonly sha256?: Sha256 } = {},
): E.Either<StoreFault, Redecided> => {
  const kept = new Map<number, KeptInput>()
  for (const row of inputs) {
    const opened = openInputRow(row)
    if (E.isLeft(opened)) return opened
    kept.set(opened.right.first, opened.right)
  }
  let before = initialState('bind')
  let again: Again | undefined
  let count = 0
  let divergence: Divergence | undefined
  const texts = typeof records === 'string' ? linesIn(records) : records
  const replayed = replayFrom(beginning('bind'), texts, sha256, (event, state) => {
    const input = kept.get(event.seq)
    if (divergence === undefined && input !== undefined) {
      count++
      again = decideAgain(before, input)
    }
    if (again !== undefined) {
      divergence ??= divergenceAt(event.seq, event, again)
      if (event.seq + 1 === again.until) {
        divergence ??= tooMany(again)
        again = undefined
      }
    }
    before = state
  })
  return E.isLeft(replayed) ? replayed : E.right({ inputs: count, divergence: divergence ?? null })
}
