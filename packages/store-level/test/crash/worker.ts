import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Line } from './calls.js'
import { cutPower, type Disk, mount, unmount } from './power.js'

const script = fileURLToPath(new URL('process.js', import.meta.url))

/** A process that is going to be killed. */
export type Worker = {
  readonly child: ChildProcess
  /** Lets it open. */
  readonly go: () => void
  readonly opened: Promise<void>
  /** When it has told of so many ends of calls, or is dead. */
  readonly answered: (count: number) => Promise<void>
  /** When it is dead and all it said was heard. */
  readonly ended: Promise<void>
  readonly lines: Line[]
  readonly complaints: string[]
}

export type Work = {
  readonly directory: string
  readonly seed: number
  readonly clients: number
  readonly broken: string
}

/** Starts a process that loads, and waits until it is to go. */
export const start = ({ directory, seed, clients, broken }: Work): Worker => {
  const child = spawn(process.execPath, [script, directory, String(seed), String(clients), broken])
  const [lines, complaints]: [Line[], string[]] = [[], []]
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  let [answers, wanted, enough]: [number, number, () => void] = [0, 0, () => undefined]
  const answered = (count: number): Promise<void> =>
    new Promise((resolve) => {
      if (answers >= count) resolve()
      ;[wanted, enough] = [count, resolve]
    })
  const output = createInterface(child.stdout)
  output.on('line', (text) => {
    const line = JSON.parse(text) as Line
    if (line.type === 'opened') open()
    else if (line.type === 'end' && ++answers === wanted) enough()
    lines.push(line)
  })
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()))
  // It may be dead when it is to go.
  child.stdin.on('error', () => undefined)
  const heard = new Promise<void>((resolve) => void output.once('close', resolve))
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  const ended = Promise.all([heard, closed]).then(() => {
    open()
    enough()
  })
  return { child, go: () => void child.stdin.write('go\n'), opened, answered, ended, lines, complaints }
}

/** Kills it, with the power of the disk if one is given; answers what it said if it ended by itself. */
export const kill = async ({ child, ended, complaints }: Worker, disk?: Disk): Promise<readonly string[]> => {
  if (disk !== undefined) {
    // Or it would tell of a disk that takes nothing.
    child.kill('SIGSTOP')
    cutPower(disk)
  }
  child.kill('SIGKILL')
  await ended
  if (disk !== undefined) {
    unmount(disk)
    mount(disk)
  }
  return child.signalCode === 'SIGKILL' ? [] : [`a process ended with ${child.exitCode}: ${complaints.join('')}`]
}

export const hasOpened = ({ lines }: Worker): boolean => lines.some(({ type }) => type === 'opened')
