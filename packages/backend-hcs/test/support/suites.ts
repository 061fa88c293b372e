import { suite, type Test } from 'uvu'
import { backendCases, snapshotterCases } from '@varve/core/conformance'
import type { Profile } from '@varve/core/ports'
import type { NativeSource } from '../../src/driver.js'
import { dieEverywhere, failEverywhere } from './at-every-call.js'
import { scenarios } from './scenarios.js'
import { startStandin, whyNoStandin } from './standin.js'
import { backendSubjects, snapshotterSubjects } from './subjects.js'

/** Tests that need the stand-in. Where it can't be built they count as one that is skipped, and the reason is told. */
export const standinSuite = async (name: string, fill: (test: Test, native: NativeSource) => void): Promise<Test> => {
  const test = suite(name)
  const why = whyNoStandin()
  if (why === undefined) fill(test, await startStandin())
  else {
    console.log(`SKIPPED: ${name} needs the stand-in for Windows, and ${why}`)
    test.skip(`${name}: ${why}`, () => undefined)
  }
  return test
}

/** Every `count`th, from the `part`th on: files that share a list take about as long as one another. */
const shareOf = <T>(list: readonly T[], part: number, count: number): readonly T[] =>
  list.filter((_, at) => at % count === part - 1)

export const backendSuite = (part: number, count: number): Promise<Test> =>
  standinSuite(`backend cases, part ${part}`, (test, native) => {
    const open = backendSubjects(native)
    for (const { name, run } of shareOf(backendCases, part, count)) test(name, () => run(open))
  })

export const snapshotterSuite = (profile: Profile, part: number, count: number): Promise<Test> =>
  standinSuite(`${profile}, part ${part}`, (test, native) => {
    const open = snapshotterSubjects(native, profile)
    for (const { name, run } of shareOf(snapshotterCases, part, count)) test(name, () => run(open))
  })

export const deathsSuite = (part: number, count: number): Promise<Test> =>
  standinSuite(`deaths, part ${part}`, (test, native) => {
    for (const scenario of shareOf(scenarios, part, count)) test(scenario.name, () => dieEverywhere(native, scenario))
  })

/** Denied, in use, disk full: by Win32 and, where a call answers them, as HRESULTs. */
const codes = [0x8007_0005, 0x8007_0020, 0x8007_0070]

export const failuresSuite = (part: number, count: number): Promise<Test> =>
  standinSuite(`failures, part ${part}`, (test, native) => {
    for (const scenario of shareOf(scenarios, part, count))
      test(scenario.name, () => failEverywhere(native, scenario, codes))
  })
