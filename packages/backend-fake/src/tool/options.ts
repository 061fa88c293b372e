import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { Case } from '../simulate/case.js'
import { problemOf } from '../simulate/case-problem.js'
import { faultNames, usualChances, type Chances, type FaultName } from '../simulate/faults.js'
import { stepsNever, stepsNeverRule } from '../simulate/options-problem.js'

export const help = `varve-simulate [--seed N]            one run by chance, from a seed (default 1)
varve-simulate --seeds A..B         a run of every seed from A to B
varve-simulate --case FILE          what a case file says, and everything that happens
varve-simulate --exhaust LENGTH     every sequence of LENGTH letters, every crash, every loss of power

  --steps N        of seeds: steps after which nothing more is asked (default 2000)
  --clients N      of seeds: how many ask at once (default 3)
  --faults LIST    of seeds: usual (default), none, or names, each with a chance if wanted: crash,powerLoss=0.01
  --profile NAME   of seeds: bind (default) or windows-layer
  --crashes N      of --exhaust: most crashes in one letter and the recoveries from them (default 1)
  --jobs N         processes (default: one for each processor, one for one run)
  --json           one line of JSON for each run

A run that fails is made smaller and written to varve-case-*.json, one for each checker.
Exit codes: 0 all held, 1 a checker failed, 2 wrong usage, 3 could not be done.`

export const wrongUsage = (problem: string): Error => Object.assign(new Error(problem), { code: 'USAGE' })

const parsed = {
  seed: { type: 'string' },
  seeds: { type: 'string' },
  case: { type: 'string' },
  exhaust: { type: 'string' },
  steps: { type: 'string' },
  clients: { type: 'string' },
  faults: { type: 'string' },
  profile: { type: 'string' },
  crashes: { type: 'string' },
  jobs: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** How seeds are run. */
export type Setting = {
  readonly steps?: number
  readonly clients?: number
  readonly faults?: Chances
  readonly profile?: Case['profile']
}

export type Options = { readonly json: boolean; readonly jobs: number } & (
  | { readonly do: 'help' }
  | { readonly do: 'seeds'; readonly from: number; readonly to: number; readonly setting: Setting }
  | { readonly do: 'case'; readonly file: string; readonly case: Case }
  | { readonly do: 'exhaust'; readonly length: number; readonly crashes: number }
)

const numberOf = (name: string, text: string, least: number): number => {
  const number = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number
  throw wrongUsage(`--${name} must be a whole number from ${least} on; found ${JSON.stringify(text)}`)
}

const rangeOf = (text: string): readonly [from: number, to: number] => {
  const [, from = '', to = ''] = /^(\d+)\.\.(\d+)$/.exec(text) ?? []
  const range = [numberOf('seeds A..B', from, 0), numberOf('seeds A..B', to, 0)] as const
  if (range[0] <= range[1]) return range
  throw wrongUsage(`--seeds must go up; found ${text}`)
}

const isFault = (name: string): name is FaultName => (faultNames as readonly string[]).includes(name)

const chancesOf = (text: string): Chances => {
  if (text === 'usual') return usualChances
  if (text === 'none') return {}
  const chances: Partial<Record<FaultName, number>> = {}
  for (const one of text.split(',')) {
    const [name = '', chance] = one.split('=')
    if (!isFault(name))
      throw wrongUsage(`--faults: there is no fault ${JSON.stringify(name)}; there are ${faultNames.join(', ')}`)
    const number = chance === undefined ? usualChances[name] : Number(chance)
    if (number === undefined || !(number >= 0 && number <= 1))
      throw wrongUsage(`--faults: the chance of ${name} must be from 0 to 1; found ${JSON.stringify(chance)}`)
    chances[name] = number
  }
  if (stepsNever(chances)) throw wrongUsage(`--faults ${stepsNeverRule}; found ${JSON.stringify(text)}`)
  return chances
}

const profileOf = (name: string): Case['profile'] => {
  if (name === 'bind' || name === 'windows-layer') return name
  throw wrongUsage(`--profile must be bind or windows-layer; found ${JSON.stringify(name)}`)
}

const caseIn = (file: string): Case => {
  let found: unknown
  try {
    found = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw wrongUsage(`--case ${file} can't be read: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  const problem = problemOf(found)
  if (problem !== undefined) throw wrongUsage(`--case ${file} is no case: ${problem}`)
  return found as Case
}

type Values = ReturnType<typeof parseArgs<{ options: typeof parsed }>>['values']

const settingOf = ({ steps, clients, faults, profile }: Values): Setting => ({
  ...(steps === undefined ? {} : { steps: numberOf('steps', steps, 1) }),
  ...(clients === undefined ? {} : { clients: numberOf('clients', clients, 1) }),
  ...(faults === undefined ? {} : { faults: chancesOf(faults) }),
  ...(profile === undefined ? {} : { profile: profileOf(profile) }),
})

/** Reads the command line. Throws what `wrongUsage` makes. */
export const optionsOf = (argv: readonly string[]): Options => {
  const { values } = parseArgs({ args: [...argv], options: parsed })
  const { json, seed, seeds } = values
  const jobs = values.jobs === undefined ? availableParallelism() : numberOf('jobs', values.jobs, 1)
  if (values.help) return { do: 'help', json, jobs }
  const kinds = (['seed', 'seeds', 'case', 'exhaust'] as const).filter((name) => values[name] !== undefined)
  if (kinds.length > 1) throw wrongUsage(`--${kinds.join(' and --')} don't go together`)
  const setting = settingOf(values)
  if (values.case === undefined && values.exhaust === undefined) {
    const [from, to] = seeds === undefined ? [numberOf('seed', seed ?? '1', 0), undefined] : rangeOf(seeds)
    return {
      do: 'seeds',
      from,
      to: to ?? from,
      setting,
      json,
      jobs: to === undefined ? 1 : Math.min(jobs, to - from + 1),
    }
  }
  if (Object.keys(setting).length > 0) throw wrongUsage(`--${Object.keys(setting).join(' and --')}: only of seeds`)
  if (values.case !== undefined) return { do: 'case', file: values.case, case: caseIn(values.case), json, jobs }
  const length = numberOf('exhaust', values.exhaust ?? '', 0)
  return { do: 'exhaust', length, crashes: numberOf('crashes', values.crashes ?? '1', 0), json, jobs }
}
