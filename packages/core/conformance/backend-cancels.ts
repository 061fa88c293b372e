import type { Failure } from '../src/model/fault.js'
import type { Intent, Result } from '../src/model/intent.js'
import type { SnapshotId } from '../src/model/snapshot.js'
import type { Backend, ByteStream } from '../src/runtime/ports.js'
import { equal, ok } from './assert.js'
import { imports } from './backend-imports.js'
import {
  type BackendCase,
  execution,
  fails,
  fill,
  intents,
  onBase,
  perform,
  type PerformedWith,
  reopened,
  seenThroughView,
  withTar,
} from './backend-rig.js'
import { type Cut, cutEverywhere, explained } from './backend-runs.js'
import type { Scenario } from './backend-scenario.js'
import { seals } from './backend-scenarios.js'
import {
  baseSample,
  childSample,
  exported,
  isEmpty,
  isImported,
  namesOf,
  sameNames,
  tarOfSample,
  unpacked,
} from './backend-tars.js'
import { chunked, sameBytes } from './bytes.js'
import { holds, sameTree } from './content.js'
import { right } from './ports.js'
import type { BackendSubject } from './subject.js'

/** ERROR_CANCELLED */
const cancelled = 0x800704c7

const isCancelled = (failure: Failure): void =>
  equal('code', 'code' in failure ? failure.code : failure.message, cancelled)

const again = (intent: Intent): Intent => ({ ...intent, id: `${intent.id}9` })

/** Fails unless an intent that did nothing in the end left the layer as it was, for a new intent to do it. */
type Undone = (backend: Backend, scenario: Scenario, intent: Intent) => Promise<void>

const sizes = async (backend: Backend, layer: SnapshotId): Promise<unknown> => {
  const { size, scratch } = await right('usage', backend.usage(layer))
  return { size, scratch }
}

/**
 * The layer is Active again: it has the size of one like it that nobody sealed, it is attached, written to, and sealed by a
 * new intent.
 */
const isActive: Undone = async (backend, { active, before }, intent) => {
  if (active === undefined) return
  const { layer } = intent
  const like = 500_000 + layer
  await before(backend, like)
  equal('usage, and that of a layer like it', await sizes(backend, layer), await sizes(backend, like))
  await fill(backend, layer, active, async (files) => {
    await holds('the layer, active again', files, active.tree)
    await files.write('later', 'l')
  })
  await perform(backend, again(intent))
  const tree = await seenThroughView(backend, [layer, ...active.sealedOn])
  sameTree('a view of it', tree, { ...active.sealedTree, later: 'file l' })
}

const isUnfilled: Undone = async (backend, { tar, check }, intent) => {
  await isEmpty(backend, intent.layer, 'parents' in intent ? intent.parents : [])
  await check(backend, intent.layer, await perform(backend, again(intent), withTar(tar)))
}

type Cancelled = { readonly scenario: Scenario; readonly isUndone: Undone }

/** Each that can be cancelled, and how it is when it was. */
const all: readonly Cancelled[] = [
  ...seals.filter(({ active }) => active !== undefined).map((scenario) => ({ scenario, isUndone: isActive })),
  ...imports.map((scenario) => ({ scenario, isUndone: isUnfilled })),
]

const cancelledBefore = ({ scenario, isUndone }: Cancelled): BackendCase =>
  onBase(`${scenario.name}: cancelled before it began`, async (backend, subject) => {
    const intent = scenario.intent(2)
    await scenario.before(backend, 2)
    const names = await namesOf(subject)
    const signal = AbortSignal.abort()
    isCancelled(await fails('it', backend, intent, { ...withTar(scenario.tar), signal }))
    await sameNames('cancelled', subject, names)
    await isUndone(backend, scenario, intent)
  })

type Run = () => Promise<{ readonly left: Failure } | { readonly right: Result }>

/** Runs what may be cancelled in time or too late, and is either done or undone then. Answers whether it is undone. */
const doneOrUndone = async (
  backend: Backend,
  { scenario, isUndone }: Cancelled,
  intent: Intent,
  run: Run,
  checkNames: () => Promise<void> = () => Promise.resolve(),
): Promise<boolean> => {
  const answer = await run()
  if ('right' in answer) await scenario.check(backend, intent.layer, answer.right)
  else {
    isCancelled(answer.left)
    await checkNames()
    await isUndone(backend, scenario, intent)
  }
  return 'left' in answer
}

/** The same on a layer that is made for it, where nothing may be left behind either. */
const onNewLayer = async (subject: BackendSubject, one: Cancelled, intent: Intent, run: Run): Promise<void> => {
  const { backend } = subject
  await one.scenario.before(backend, intent.layer)
  const names = await namesOf(subject)
  await doneOrUndone(backend, one, intent, run, () => sameNames('cancelled', subject, names))
}

const cutBefore = (one: Cancelled): BackendCase =>
  onBase(`${one.scenario.name}: cut, then cancelled after a crash`, async (_first, subject) => {
    const cuts: Cut[] = []
    await cutEverywhere(subject, one.scenario, async (cut) => void cuts.push(cut))
    const { backend } = await reopened(subject)
    for (const { steps, intent, completed } of cuts)
      await explained(`cut after ${steps} steps`, async () => {
        const options = { ...withTar(one.scenario.tar), signal: AbortSignal.abort() }
        const wasUndone = await doneOrUndone(backend, one, intent, execution(backend, intent, options).task)
        if (steps === 0 && !completed) ok('nothing was done, and it was cancelled in time', wasUndone, wasUndone)
      })
  })

/** A seal is cancelled when so many questions about another layer were answered since it began. */
const questions: readonly number[] = [0, 1, 2, 3, 5, 8, 13, 21]

const sealMeanwhile = (one: Cancelled): BackendCase =>
  onBase(`${one.scenario.name}: cancelled meanwhile`, async (backend, subject) => {
    for (const [at, count] of questions.entries()) {
      const intent = one.scenario.intent(2 + at)
      const run: Run = async () => {
        const abort = new AbortController()
        const running = execution(backend, intent, { signal: abort.signal }).task()
        for (let asked = 0; asked < count; asked++) await right('usage', backend.usage(1))
        abort.abort()
        return running
      }
      await explained(`after ${count} questions`, () => onNewLayer(subject, one, intent, run))
    }
  })

/** A tar that cancels its import: when its chunk `at` is asked for, or its end. */
const cancelling = (chunks: readonly Uint8Array[], at: number): PerformedWith => {
  const abort = new AbortController()
  async function* tar(): ByteStream<never> & AsyncGenerator {
    for (const [index, chunk] of chunks.entries()) {
      if (index === at) abort.abort()
      yield { _tag: 'Right', right: chunk }
    }
    abort.abort()
  }
  return { tar: tar(), signal: abort.signal }
}

const importMeanwhile = (one: Cancelled): BackendCase =>
  onBase(`${one.scenario.name}: cancelled by its tar`, async (backend, subject) => {
    const chunks = (): readonly Uint8Array[] => chunked(one.scenario.tar ?? new Uint8Array(), 1_500)
    for (let at = 0; at <= chunks().length; at++) {
      const intent = one.scenario.intent(2 + at)
      const { task } = execution(backend, intent, cancelling(chunks(), at))
      await explained(`at chunk ${at}`, () => onNewLayer(subject, one, intent, task))
    }
  })

const applied = onBase('sealing what a tar was applied to: cancelled before it began', async (backend, subject) => {
  for (const sample of [baseSample, childSample]) {
    const { parents } = sample
    const layer = 2 + parents.length
    await unpacked(backend, layer, parents, tarOfSample(sample))
    const tar = await exported(backend, layer, parents)
    const names = await namesOf(subject)
    const seal = intents.seal(layer, { parents, purpose: 'unpack', applied: true })
    isCancelled(await fails('the seal', backend, { ...seal, id: '99' }, { signal: AbortSignal.abort() }))
    await sameNames('cancelled', subject, names)
    sameBytes('the tar', await exported(backend, layer, parents), tar)
    await isImported(backend, layer, sample)
  }
})

/** What every Backend must do when a seal or an import is cancelled: it is done, or as if it had never begun. */
export const cancelCases: readonly BackendCase[] = [
  ...all.flatMap((one) => [
    cancelledBefore(one),
    cutBefore(one),
    one.scenario.tar === undefined ? sealMeanwhile(one) : importMeanwhile(one),
  ]),
  applied,
]
