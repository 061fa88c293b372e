import { initialState, step, type Command, type Decided, type State } from '@varve/core'
import { success } from './backend.js'
import { must } from './must.js'
import { isLayer, labels, nameOf, parentOf } from './population.js'

/** A point in a history: the state, and the event that led to it. */
export type Moment = { readonly state: State; readonly event: Decided }

const start = 1_767_225_600_000_000_000n
const nanosecondsApart = 1_000_000n

/** Runs a command and every intent that it leads to. */
function* perform(from: State, command: Command): Generator<Moment, State> {
  const inputs: Parameters<typeof step>[1][] = [command]
  let state = from
  for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
    const stepped = must(step(state, input, start + BigInt(state.seq) * nanosecondsApart))
    state = stepped.state
    for (const event of stepped.recorded) yield { state, event }
    for (const intent of stepped.intents) {
      inputs.push({ type: 'Succeeded', intent: intent.id, result: success(intent) })
    }
  }
  return state
}

function* make(from: State, index: number): Generator<Moment, State> {
  const name = nameOf(index)
  if (!isLayer(index)) return yield* perform(from, { type: 'Prepare', key: name, parent: parentOf(index), labels })
  const key = `building ${name}`
  const active = yield* perform(from, { type: 'Prepare', key, parent: parentOf(index), labels })
  return yield* perform(active, { type: 'Commit', key, name, labels })
}

/** How a population comes about, snapshot by snapshot from `first` on. */
export function* growth(from: State, first: number, size: number): Generator<Moment, State> {
  let state = from
  for (let index = first; index < size; index++) state = yield* make(state, index)
  return state
}

const keptFor = 500

/** The life of a log without end: a population grows, and four of nine Active snapshots are removed after a while. */
export function* history(): Generator<Moment> {
  let state = initialState('bind')
  for (let index = 0; ; index++) {
    state = yield* make(state, index)
    const old = index - keptFor
    if (old >= 0 && old % 10 > 5) state = yield* perform(state, { type: 'Remove', key: nameOf(old) })
  }
}
