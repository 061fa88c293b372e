import type { Script } from './script.js'
import { play } from './script-outcome.js'
import type { ScriptSubject } from './script-runner.js'
import { smallest } from './script-smaller.js'
import type { PromiseSnapshotter } from './subject.js'

/** A world to run scripts in. */
export type ScriptWorld = { readonly name: string; readonly open: () => Promise<ScriptSubject> }

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Where two plain values differ, and in what. */
const differences = (one: unknown, other: unknown, at = ''): readonly string[] => {
  if (Object.is(one, other)) return []
  if (!isObject(one) || !isObject(other)) return [`${at}: ${JSON.stringify(one)} and ${JSON.stringify(other)}`]
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].flatMap((key) => differences(one[key], other[key], `${at}/${key}`))
}

/** Opening takes longer than a script, so that a subject serves for several. */
const scriptsPerSubject = 25

type Player = { readonly run: (script: Script) => Promise<unknown>; readonly end: () => Promise<void> }

/** Runs scripts in a world, one after the other. What breaks the world has its error for an outcome, and the next gets a fresh one. */
const playerOf = ({ open }: ScriptWorld): Player => {
  let present: { readonly subject: ScriptSubject; snapshotter: PromiseSnapshotter; scripts: number } | undefined
  const end = async (): Promise<void> => {
    const last = present
    present = undefined
    await last?.subject.close()
  }
  const run = async (script: Script): Promise<unknown> => {
    if (present?.scripts === scriptsPerSubject) await end()
    try {
      if (present === undefined) {
        const subject = await open()
        present = { subject, snapshotter: subject.snapshotter, scripts: 0 }
      }
      const { outcome, snapshotter } = await play(present.subject, present.snapshotter, script)
      present.snapshotter = snapshotter
      present.scripts++
      return outcome
    } catch (error) {
      await end().catch(() => undefined)
      return { broken: error instanceof Error ? error.message : String(error) }
    }
  }
  return { run, end }
}

/** What is told of a script whose outcomes differ: the least of it that still does, as JSON, and in what. */
const told = async (script: Script, compare: (script: Script) => Promise<readonly string[]>): Promise<string> => {
  const small = await smallest(script, async (fewer) => (await compare(fewer)).length > 0)
  const found = await compare(small)
  return [JSON.stringify(small), ...found.slice(0, 20), ...(found.length > 20 ? ['…'] : [])].join('\n')
}

/**
 * Fails unless each script comes to the same in both worlds. The error has the first one that doesn't, made as small as can be, as
 * JSON, and where its outcomes differ.
 */
export const checkScripts = async (scripts: Iterable<Script>, one: ScriptWorld, other: ScriptWorld): Promise<void> => {
  const players = [playerOf(one), playerOf(other)] as const
  const compare = async (script: Script): Promise<readonly string[]> =>
    differences(await players[0].run(script), await players[1].run(script))
  try {
    for (const script of scripts)
      if ((await compare(script)).length > 0)
        throw new Error(`${one.name} and ${other.name} differ after\n${await told(script, compare)}`)
  } finally {
    for (const { end } of players) await end()
  }
}
