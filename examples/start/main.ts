/** Real files through real snapshots: a base layer, a child, views, commits, removals; read back and compared. */
import { mkdir, mkdtemp, realpath, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fakeBackend } from '@varve/backend-fake'
import { hcsBackend } from '@varve/backend-hcs'
import type { Backend } from '@varve/core'
import { openSnapshotter, type PromiseSnapshotter } from '@varve/core/promise'
import { levelStore } from '@varve/store-level'
import { jsonReport, mebibytes, textReport, type Report } from '../reporting/report.js'
import { checkEarlier, nextRun, tidyUp } from './earlier.js'
import { runJob, type Done } from './job.js'

const help = `npm start -- [--from DIR] [--data DIR] [--hcs] [--json]

  --from DIR   the directory whose files go into the layers (default: this repository's packages)
  --data DIR   where the log and the layers are kept (default: a new temporary directory)
  --hcs        layers of Windows itself, through its Host Compute Service (see docs/windows.md); without it they are simulated
  --json       one JSON object a line

Exit codes: 0 everything read back equal, 1 something differed or failed, 2 wrong usage, 3 the log is open elsewhere.`

const exitCodes = { equal: 0, failed: 1, usage: 2, inUse: 3 } as const

/** How long to wait for another process to let go of the log, in milliseconds. */
const patience = 5_000

type Tagged = { readonly _tag?: string; readonly code?: unknown; readonly message: string }

const isInUse = (error: unknown): boolean => {
  const { _tag, code } = error as Tagged
  return _tag === 'StoreFault' && (code === 'LEVEL_LOCKED' || code === 'IN_USE')
}

/** A backend for the layers in a directory. */
type MakeBackend = (root: string) => Backend

const open = async (data: string, makeBackend: MakeBackend): Promise<PromiseSnapshotter> => {
  const until = Date.now() + patience
  for (;;) {
    try {
      const store = levelStore(join(data, 'log'))
      return await openSnapshotter({ store, backend: makeBackend(join(data, 'layers')) })
    } catch (error) {
      if (!isInUse(error) || Date.now() > until) throw error
      await new Promise((wake) => setTimeout(wake, 100))
    }
  }
}

const summary = (done: Done, events: number, started: number): Readonly<Record<string, string | number>> => ({
  'files in': done.filesIn,
  'bytes in': `${done.bytesIn} (${mebibytes(done.bytesIn)})`,
  'files read back equal': done.filesEqual,
  'paths that differ': done.differing.length,
  'entries left out': done.leftOut.length,
  events,
  seconds: ((performance.now() - started) / 1_000).toFixed(2),
})

const work = async (snapshotter: PromiseSnapshotter, report: Report, from: string, data: string): Promise<number> => {
  const started = performance.now()
  let events = 0
  snapshotter.events$.subscribe((record) => {
    events++
    report.event(record)
  })
  snapshotter.intents$.subscribe((intent) => report.intent(intent))
  const run = `run-${await nextRun(snapshotter)}`
  await tidyUp(snapshotter, report)
  const changed = await checkEarlier(snapshotter, report, run)
  const done = await runJob({ snapshotter, report, from, data, run })
  for (const { path, why } of done.leftOut.slice(0, 20)) report.note(`left out ${path}: ${why}`)
  if (done.leftOut.length > 20) report.note(`and ${done.leftOut.length - 20} more`)
  report.table(summary(done, events, started))
  for (const line of [...changed, ...done.differing]) report.problem(`differs: ${line}`)
  return changed.length + done.differing.length === 0 ? exitCodes.equal : exitCodes.failed
}

type Given = {
  readonly from?: string
  readonly data?: string
  readonly hcs?: boolean
  readonly json?: boolean
  readonly help?: boolean
}

const arguments_ = (argv: readonly string[]): Given | string => {
  try {
    const options = {
      from: { type: 'string' },
      data: { type: 'string' },
      hcs: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    } as const
    return parseArgs({ args: [...argv], options }).values
  } catch (error) {
    return (error as Error).message
  }
}

const isDirectory = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

/** The main job. Answers the exit code. `makeBackend`: in place of the two that the options know. */
export const main = async (argv: readonly string[], makeBackend?: MakeBackend): Promise<number> => {
  const given = arguments_(argv)
  if (typeof given === 'string' || given.help === true) {
    console.log(typeof given === 'string' ? `${given}\n\n${help}` : help)
    return typeof given === 'string' ? exitCodes.usage : exitCodes.equal
  }
  const report = given.json === true ? jsonReport() : textReport()
  const from = resolve(given.from ?? fileURLToPath(new URL('../../../packages', import.meta.url)))
  if (!(await isDirectory(from))) {
    report.problem(`--from ${from} is not a directory`)
    return exitCodes.usage
  }
  const data = given.data === undefined ? await mkdtemp(join(tmpdir(), 'varve-')) : resolve(given.data)
  try {
    await mkdir(data, { recursive: true })
    report.note(`data in ${data}`)
    const usual: MakeBackend = given.hcs === true ? (root) => hcsBackend({ root }) : (root) => fakeBackend({ root })
    const snapshotter = await open(data, makeBackend ?? usual)
    try {
      return await work(snapshotter, report, await realpath(from), await realpath(data))
    } finally {
      await snapshotter.close()
      report.note(
        `look at what is left: npm run example look -- ${data}   and   ls ${join(data, 'layers', 'snapshots')}`,
      )
    }
  } catch (error) {
    const { _tag, message } = error as Tagged
    report.problem(_tag === undefined ? String((error as Error).stack) : `${_tag}: ${message}`)
    return isInUse(error) ? exitCodes.inUse : exitCodes.failed
  }
}
