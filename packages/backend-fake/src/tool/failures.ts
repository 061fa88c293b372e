import { writeFileSync } from 'node:fs'
import type { Case } from '../simulate/case.js'
import type { Violation } from '../simulate/running.js'
import type { Output } from './output.js'
import type { Lane } from './pool.js'

export type Failure = Violation & { readonly case: Case }

const fileOf = (checker: string): string => `varve-case-${checker.replace(/\W+/g, '-')}.json`

const commandsIn = ({ clients }: Case): number => clients.reduce((sum, { length }) => sum + length, 0)

/** Writes the first failure of each checker where it can be run again from: whole, and once it is made smaller, which may take long. */
export const writeFailures = async (
  failures: readonly Failure[],
  lane: Lane,
  { error, progress }: Output,
): Promise<void> => {
  const first = new Map<string, Failure>()
  for (const failure of failures) if (!first.has(failure.checker)) first.set(failure.checker, failure)
  for (const { checker, case: failing } of first.values()) {
    progress(`making a case of "${checker}" smaller`)
    const file = fileOf(checker)
    const write = (one: Case): void => writeFileSync(file, `${JSON.stringify(one, null, 1)}\n`)
    write(failing)
    const shrunk = await lane({ ask: 'shrink', case: failing })
    const smaller = shrunk?.case ?? failing
    if (shrunk !== undefined) write(smaller)
    const size = `${commandsIn(failing)} commands and ${failing.faults.length} faults`
    error(
      shrunk === undefined
        ? `${checker}: ${file} has ${size}, and failed once only`
        : `${checker}: ${file} has ${commandsIn(smaller)} commands and ${smaller.faults.length} faults, made of ${size} in ${shrunk.runs} runs`,
    )
    error(`  npx varve-simulate --case ${file}`)
  }
}
