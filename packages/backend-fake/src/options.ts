import * as E from 'fp-ts/lib/Either.js'
import { backendFault, hresult, shown, type BackendFault, type Intent } from '@varve/core/ports'
import type { PlannedFault } from './faults.js'

/** Given to `fakeBackend`. Anything else is a BackendFault when the backend is opened. */
export type FakeBackendOptions = {
  /** A directory of the host, absolute or relative to the working directory at the call. Absent: layers are held in memory. */
  readonly root?: string
  /** What fails, and when. */
  readonly faults?: readonly PlannedFault[]
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const intents: ReadonlySet<unknown> = new Set<Intent['type']>([
  'CreateLayer',
  'SealLayer',
  'ImportLayer',
  'AttachLayer',
  'DetachLayer',
  'RetireLayer',
  'DestroyLayer',
])

type Rule = { readonly holds: (value: unknown) => boolean; readonly is: string }

const count = (from: number, to: number, is: string): Rule => ({
  holds: (value) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to,
  is,
})
const optional = ({ holds, is }: Rule): Rule => ({ holds: (value) => value === undefined || holds(value), is })

const faultRules: Readonly<Record<keyof PlannedFault, Rule>> = {
  intent: { holds: (value) => intents.has(value), is: 'the type of an intent' },
  time: count(1, Number.MAX_SAFE_INTEGER, 'a whole number from 1 on'),
  code: optional(count(0, 0xffff_ffff, 'an HRESULT as an unsigned 32-bit number')),
  when: optional({ holds: (value) => value === 'before' || value === 'after', is: "'before' or 'after'" }),
  latencyMs: optional(count(0, 0x7fff_ffff, 'milliseconds as a whole number')),
  cutAfter: optional(count(0, Number.MAX_SAFE_INTEGER, 'a whole number from 0 on')),
}

const problemOf = (value: unknown, name: string, rules: Readonly<Record<string, Rule>>): string | undefined => {
  if (!isObject(value)) return `${name} must be an object, found ${shown(value)}`
  const unknownKey = Object.keys(value).find((key) => !Object.hasOwn(rules, key))
  if (unknownKey !== undefined) return `${name} has an unknown option ${shown(unknownKey)}`
  const broken = Object.entries(rules).find(([key, { holds }]) => !holds(value[key]))
  return broken && `${name}.${broken[0]} must be ${broken[1].is}, found ${shown(value[broken[0]])}`
}

const optionRules: Readonly<Record<keyof FakeBackendOptions, Rule>> = {
  root: optional({
    holds: (value) => typeof value === 'string' && value !== '' && !value.includes('\0'),
    is: 'the path of a directory',
  }),
  faults: optional({ holds: Array.isArray, is: 'an array of planned faults' }),
}

/** What the caller gave, if it is well-formed. */
export const readOptions = (options: FakeBackendOptions): E.Either<BackendFault, FakeBackendOptions> => {
  const problems = [problemOf(options, 'the options of fakeBackend', optionRules)]
  if (problems[0] === undefined)
    problems.push(...(options.faults ?? []).map((fault, at) => problemOf(fault, `faults[${at}]`, faultRules)))
  const problem = problems.find((found) => found !== undefined)
  return problem === undefined
    ? E.right(options)
    : E.left(backendFault(`${problem}; give { root?, faults? }`, hresult.invalidParameter))
}
