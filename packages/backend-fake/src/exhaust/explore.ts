import type { Action, Case, FaultAt } from '../simulate/case.js'
import { caseChooser, recording, type Chooser, type Struck } from '../simulate/chooser.js'
import { fates, seeds, type Left, type Pending } from '../simulate/disk.js'
import type { Place } from '../simulate/faults.js'
import type { Machine } from '../simulate/machine.js'
import { play, type Play } from '../simulate/run.js'
import type { Violation } from '../simulate/running.js'
import { openFates, type OpenFile } from './open-fates.js'
import { diskText, stateOf } from './state.js'

/** A way to a state: one client asks, and faults strike. */
export type Path = {
  readonly actions: readonly Action[]
  readonly faults: readonly FaultAt[]
  /** For each fault, which of the files that were not durable have a content that is settled; that of others is open. */
  readonly settled: readonly (readonly number[])[]
  /** Most crashes in its last letter and in the recoveries from them. */
  readonly crashes: number
  /** Faults that struck before that letter. */
  readonly past: number
  /** Actions before that letter. */
  readonly fresh: number
  /** Whether it is of interest only for what the checkers find after its last action. */
  readonly isEnd: boolean
}

/** What one run of a path has shown. */
export type Explored = {
  /** Ways on by a crash, and the states that they lead to before anything opens again. */
  readonly crashes: readonly { readonly state: string; readonly path: Path }[]
  /** The same path with other contents of a file that somebody looked at. */
  readonly others: readonly Path[]
  /** Where everything is at rest after the last action. */
  readonly reached: { readonly state: string; readonly path: Path } | undefined
  /** Moments at which the process could have ended. */
  readonly moments: number
  /** In how many ways power could have gone, all of them together. */
  readonly losses: number
  readonly commands: number
  readonly violation: (Violation & { readonly case: Case }) | undefined
}

const isKnown = new Error('this state is known')

const profile = 'bind'

/** What tests break. */
type Broken = Pick<Play, 'wrap' | 'onMachine'>

/** Runs a path. */
export type Explorer = (path: Path) => Promise<Explored>

/** Explores paths; a state that an earlier run of it has reported is not reported again. */
export const explorer = (broken: Broken = {}): Explorer => {
  const reported = new Set<string>()
  const isNew = (state: string): boolean => !reported.has(state) && reported.add(state) !== undefined
  return (path) => explore(path, isNew, broken)
}

type Run = {
  machine: Machine
  readonly path: Path
  readonly isNew: (state: string) => boolean
  readonly files: ReturnType<typeof openFates>
  readonly settled: number[][]
  readonly crashes: { readonly state: string; readonly path: Path }[]
  readonly others: Path[]
  reached: Explored['reached']
  moments: number
  losses: number
  asked: number
  isOver: boolean
  /** How the disk was when crashes were looked at last. */
  before: Before | undefined
  syncs: number
}

type Before = {
  readonly syncs: number
  readonly changes: number
  readonly contents: readonly unknown[]
  readonly log: string
}

const settledNow = ({ settled }: Run): Path['settled'] => settled.map((indexes) => [...indexes])

/** The disk. Contents that are not durable are told with what is, and with what they are: `~` not durable, `?` open. */
const textOf = (
  { machine, files }: Run,
  left: Left,
  changes: Pending['changes'],
  { unsynced, are }: { readonly unsynced: Pending['files']; readonly are: '~' | '?' },
): string => {
  const durables = new Map(unsynced.map(({ file, durable }) => [file, durable]))
  return diskText(machine.disk.root, left, changes, (file, key) => {
    const durable = durables.get(file)
    const content = durable === undefined ? '' : are + key(durable)
    return files.textOf(file) ?? key(file.content) + content
  })
}

/** As the next process finds it when only this one ends. */
const pendingText = (run: Run, { changes, files, after }: Pending): string =>
  textOf(run, after(changes.length), changes, { unsynced: files, are: '~' })

/** After a loss of power that leaves contents open. */
const lostText = (run: Run, { files, after }: Pending, lost: number): string =>
  textOf(run, after(lost), [], { unsynced: files, are: '?' })

const ways = ({ changes, files }: Pending): number => {
  const count = (changes.length + 1) * fates ** files.length
  if (seeds + count > Number.MAX_SAFE_INTEGER)
    throw new Error(`${files.length} files are not durable: too many to tell apart`)
  return count
}

const crash = (run: Run, state: string, fault: FaultAt): void => {
  if (!run.isNew(state)) return
  const { path } = run
  run.crashes.push({
    state,
    path: { ...path, faults: [...path.faults, fault], settled: [...settledNow(run), []] },
  })
}

/** Looks at every way in which the process can end at this moment. */
const consider = (run: Run, place: Place, at: number): void => {
  const { machine } = run
  const unsynced = machine.disk.pending()
  const { changes, files } = unsynced
  const losses = ways(unsynced)
  run.moments++
  run.losses += losses
  const now = {
    syncs: run.syncs,
    changes: changes.length,
    contents: files.map(({ file }) => file.content),
    log: `${machine.log.records.length} ${machine.model.seq} ${run.asked}`,
  }
  const { before } = run
  const isSame =
    before?.syncs === now.syncs &&
    before.log === now.log &&
    before.contents.length === now.contents.length &&
    before.contents.every((content, index) => content === now.contents[index])
  if (isSame && before.changes === now.changes) return
  crash(run, stateOf(machine, `ended\n${pendingText(run, unsynced)}`), {
    fault: place === 'call' ? 'crashInCall' : 'crash',
    at,
    detail: 0,
  })
  if (place !== 'step') return
  run.before = now
  // Where only names were changed since, fewer of them were looked at then.
  const most = isSame ? changes.length - before.changes - 1 : changes.length
  for (let lost = 0; lost <= most; lost++)
    crash(run, stateOf(machine, `ended\n${lostText(run, unsynced, lost)}`), {
      fault: 'powerLoss',
      at,
      detail: losses > seeds ? seeds + lost : lost,
    })
}

/** The power is about to go as the path says: contents that it leaves open are settled when they are looked at. */
const leaveOpen = (run: Run, index: number): void => {
  const { machine, path, files, settled, others } = run
  const { changes, files: unsynced } = machine.disk.pending()
  const open = unsynced
    .map(({ file, durable }, place): OpenFile => ({ file, durable, index: place }))
    .filter(({ index: place }) => path.settled[index]?.includes(place) !== true)
  files.leave(open, ({ index: place }, fatesLeft) => {
    settled[index]?.push(place)
    for (const fate of fatesLeft)
      others.push({
        ...path,
        faults: path.faults.map((fault, one) =>
          one === index ? { ...fault, detail: fault.detail + (changes.length + 1) * fates ** place * fate } : fault,
        ),
        settled: settledNow(run),
        isEnd: run.isOver,
      })
  })
}

const strike = (run: Run, struck: Struck): void => {
  const { files, settled, path } = run
  settled.push([...(path.settled[settled.length] ?? [])])
  if (struck.fault === 'powerLoss') files.unseen(() => leaveOpen(run, settled.length - 1))
  // Until the loss is over.
  files.look(false)
  void Promise.resolve().then(() => files.look(true))
}

const arrive = (run: Run): void => {
  const { machine, path } = run
  run.isOver = true
  if (path.isEnd) return
  const state = run.files.unseen(() => stateOf(machine, `open\n${pendingText(run, machine.disk.pending())}`))
  if (!run.isNew(state)) throw isKnown
  run.reached = {
    state,
    path: { ...path, settled: settledNow(run), fresh: path.actions.length, past: path.faults.length },
  }
}

/** Clients wait until everything else is done. */
const orderOf = ({ machine }: Run): number =>
  Math.max(
    machine.scheduler.waiting().findIndex(({ what }) => !what.startsWith('client')),
    0,
  )

const chooserOf = (run: Run): Chooser => {
  const { path } = run
  const inner = caseChooser({ profile, clients: [path.actions], order: [], faults: path.faults, rests: [] })
  const counts: Record<Place, number> = { step: 0, intent: 0, call: 0, write: 0 }
  return {
    action: (client, known) => {
      const action = inner.action(client, known)
      if (action !== undefined) run.asked++
      else if (!run.isOver) arrive(run)
      return action
    },
    order: () => orderOf(run),
    fault: (place, losses) => {
      const at = counts[place]++
      const struck = inner.fault(place, losses)
      if (struck !== undefined) strike(run, struck)
      else if (
        !run.isOver &&
        run.settled.length === path.faults.length &&
        run.asked > path.fresh &&
        path.faults.length < path.past + path.crashes
      )
        if (place === 'step' || place === 'call') run.files.unseen(() => consider(run, place, at))
      return struck
    },
    rests: () => false,
  }
}

/** A disk whose syncs are counted; they look at no content. */
const follow = (run: Run, machine: Machine): void => {
  run.machine = machine
  const { disk } = machine.disk
  const { sync, lstat } = disk
  Object.assign(disk, {
    lstat: run.files.lstat(machine.disk.root, lstat),
    sync: () => {
      run.syncs++
      run.files.unseen(sync)
    },
  })
}

const explore = async (
  path: Path,
  isNew: (state: string) => boolean,
  { wrap, onMachine }: Broken,
): Promise<Explored> => {
  const run: Run = {
    machine: undefined as unknown as Machine,
    path,
    isNew,
    files: openFates(),
    settled: [],
    crashes: [],
    others: [],
    reached: undefined,
    moments: 0,
    losses: 0,
    asked: 0,
    isOver: false,
    before: undefined,
    syncs: 0,
  }
  const chooser = recording(chooserOf(run), profile, 1)
  const { crashes, others } = run
  let violation: Explored['violation']
  try {
    const played = await play({
      chooser,
      profile,
      clients: 1,
      ...(wrap && { wrap }),
      onMachine: (machine) => {
        onMachine?.(machine)
        follow(run, machine)
      },
    })
    if (played.verdict !== 'held') violation = { ...played.verdict, case: chooser.recorded() }
  } catch (cause) {
    if (cause !== isKnown) throw cause
  }
  const { reached, moments, losses, asked } = run
  return { crashes, others, reached, moments, losses, commands: asked, violation }
}
