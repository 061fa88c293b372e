import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { functionNames } from '../../src/bindings/index.js'
import { hostFiles } from '../../src/files.js'

/** Everything that can be counted, failed and cut: the functions of Windows, and of the host's files. */
export const callNames: readonly string[] = [
  ...functionNames,
  ...Object.keys(hostFiles()).map((name) => `files.${name}`),
]

/** What is to happen at a call. */
export const mode = { nothing: 0, crash: 1, fail: 2, hang: 3 } as const
export type Mode = keyof typeof mode

/** Numbers that the test and all lanes share. */
export const cell = {
  mode: 0,
  /** Calls that were counted since it was armed. */
  counted: 1,
  /** What happens at the call after so many. */
  after: 2,
  /** An HRESULT to fail with. */
  code: 3,
  /** One more than the number of the name of the call that was hit; 0: none was. */
  hit: 4,
  /** Handles, backup contexts and texts that were handed out and not given back. */
  handles: 5,
  contexts: 6,
  texts: 7,
  /** Calls that hang, and how often they were let go. */
  hanging: 8,
  released: 9,
  /** One more than the number of the only name that counts; 0: all count. */
  only: 10,
  /** Calls in the log. */
  logged: 11,
} as const
const firstOfCounts = 16
const logLength = 1 << 16
const firstOfLog = firstOfCounts + callNames.length

export type Cells = Int32Array<SharedArrayBuffer>

const key = 'varve plan of calls'

/** The numbers of this process; a lane finds those of the thread that started it. */
export const planCells = (): Cells => {
  const there = getEnvironmentData(key) as Cells | undefined
  if (there !== undefined) return there
  const made = new Int32Array(new SharedArrayBuffer((firstOfLog + logLength) * Int32Array.BYTES_PER_ELEMENT))
  setEnvironmentData(key, made)
  return made
}

/** Notes a call that is made. */
export const note = (cells: Cells, name: number): void => {
  Atomics.add(cells, firstOfCounts + name, 1)
  const at = Atomics.add(cells, cell.logged, 1)
  Atomics.store(cells, firstOfLog + (at % logLength), name)
}

/** What was left open: all 0 when nothing was. */
export type Leaks = { readonly handles: number; readonly contexts: number; readonly texts: number }

/** What happened while it was armed. */
export type Report = { readonly calls: number; readonly hit: string | undefined }

/** What is to happen at the calls of the operations that run next, in whatever lane. */
export type Plan = {
  /** At the call after `after` others, and at every one after that: nothing is done any more, as when the process dies. */
  readonly crash: (after: number) => void
  /** That one call fails. `only`: the others are not counted. */
  readonly fail: (after: number, code: number, only?: string) => void
  /** Every call of that name hangs until it is let go. */
  readonly hang: (only: string) => void
  readonly hanging: () => number
  readonly disarm: () => Report
  readonly leaks: () => Leaks
  readonly forgetLeaks: () => void
  /** The last calls, oldest first. */
  readonly log: (count: number) => readonly string[]
  /** How often each was called, but for those that never were. */
  readonly counts: () => ReadonlyMap<string, number>
}

const numberOf = (name: string): number => {
  const found = callNames.indexOf(name)
  if (found < 0) throw new Error(`nothing is called ${name}`)
  return found
}

export const openPlan = (): Plan => {
  const cells = planCells()
  const get = (at: number): number => Atomics.load(cells, at)
  const arm = (what: Mode, after: number, code: number, only?: string): void => {
    for (const [at, value] of [
      [cell.counted, 0],
      [cell.after, after],
      [cell.code, code | 0],
      [cell.hit, 0],
      [cell.only, only === undefined ? 0 : numberOf(only) + 1],
      [cell.mode, mode[what]],
    ] as const)
      Atomics.store(cells, at, value)
  }
  return {
    crash: (after) => arm('crash', after, 0),
    fail: (after, code, only) => arm('fail', after, code, only),
    hang: (only) => arm('hang', 0, 0, only),
    hanging: () => get(cell.hanging),
    disarm: () => {
      Atomics.store(cells, cell.mode, mode.nothing)
      Atomics.add(cells, cell.released, 1)
      Atomics.notify(cells, cell.released)
      const hit = get(cell.hit)
      return { calls: get(cell.counted), hit: hit === 0 ? undefined : callNames[hit - 1] }
    },
    leaks: () => ({ handles: get(cell.handles), contexts: get(cell.contexts), texts: get(cell.texts) }),
    forgetLeaks: () => {
      for (const at of [cell.handles, cell.contexts, cell.texts]) Atomics.store(cells, at, 0)
    },
    log: (count) => {
      const end = get(cell.logged)
      const from = Math.max(0, end - Math.min(count, logLength))
      return Array.from({ length: end - from }, (_, at) => callNames[get(firstOfLog + ((from + at) % logLength))] ?? '')
    },
    counts: () =>
      new Map(callNames.map((name, at) => [name, get(firstOfCounts + at)] as const).filter(([, count]) => count > 0)),
  }
}
