import { invalidArgument, type InvalidArgument } from '@varve/core/ports'
import { problemOf as caseProblem } from './case-problem.js'
import { faultNames, faultTable, type FaultName } from './faults.js'

type Check = (name: string, value: unknown) => InvalidArgument | undefined

const wholeFrom =
  (least: number): Check =>
  (name, value) =>
    Number.isSafeInteger(value) && Number(value) >= least
      ? undefined
      : invalidArgument(name, value, `must be a whole number from ${least} on`)

const isKnown = (name: string): name is FaultName => Object.hasOwn(faultTable, name)

/** A fault does not use up the step that it strikes at: if there were one each time, there would never be a step. */
export const stepsNever = (chances: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(chances).reduce(
    (sum, [name, chance]) => (isKnown(name) && faultTable[name].place === 'step' ? sum + Number(chance ?? 0) : sum),
    0,
  ) >= 1

/** What is said of such chances. */
export const stepsNeverRule = 'must leave steps without a fault: those of faults that strike at steps add up to 1'

const checkFaults: Check = (name, value) => {
  if (typeof value !== 'object' || value === null) return invalidArgument(name, value, 'must be chances by fault')
  for (const [fault, chance] of Object.entries(value) as readonly [string, unknown][]) {
    if (!isKnown(fault)) return invalidArgument(`${name}.${fault}`, chance, `is no fault: ${faultNames.join(', ')}`)
    if (chance !== undefined && !(typeof chance === 'number' && chance >= 0 && chance <= 1))
      return invalidArgument(`${name}.${fault}`, chance, 'must be a chance from 0 to 1')
  }
  return stepsNever({ ...value }) ? invalidArgument(name, value, stepsNeverRule) : undefined
}

const checks: Readonly<Record<string, Check>> = {
  seed: wholeFrom(0),
  steps: wholeFrom(1),
  clients: wholeFrom(1),
  faults: checkFaults,
  profile: (name, value) =>
    value === 'bind' || value === 'windows-layer'
      ? undefined
      : invalidArgument(name, value, "must be 'bind' or 'windows-layer'"),
  case: (name, value) => {
    const problem = caseProblem(value)
    return problem === undefined ? undefined : invalidArgument(name, value, `is none: ${problem}`)
  },
  watch: (name, value) =>
    typeof value === 'function' ? undefined : invalidArgument(name, value, 'must be a function of a line'),
}

/** What is wrong with the options of `simulate`. */
export const problemOf = (options: unknown): InvalidArgument | undefined => {
  if (typeof options !== 'object' || options === null) return invalidArgument('options', options, 'must be an object')
  for (const [name, value] of Object.entries(options) as readonly [string, unknown][]) {
    if (value === undefined) continue
    const problem = checks[name]?.(name, value) ?? undefined
    if (problem !== undefined) return problem
    if (!Object.hasOwn(checks, name)) return invalidArgument(name, value, 'is no option of simulate')
  }
  return undefined
}
