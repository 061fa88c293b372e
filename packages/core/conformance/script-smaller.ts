import type { Script } from './script.js'

/** Whether a script still shows what is looked for. */
type Shows = (script: Script) => Promise<boolean>

/** Without the items from `at` on, `count` of them. */
const without = <T>(list: readonly T[], at: number, count: number): readonly T[] => [
  ...list.slice(0, at),
  ...list.slice(at + count),
]

/** Leaves out as much of a list as can be left out: halves first, then smaller parts, at last one by one. */
const fewest = async <T>(
  list: readonly T[],
  shows: (fewer: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> => {
  let kept = list
  for (let count = Math.ceil(list.length / 2); count > 0; count = count === 1 ? 0 : Math.ceil(count / 2))
    for (let at = kept.length - count; at > -count; at -= count) {
      const fewer = without(kept, Math.max(0, at), Math.min(count, count + at))
      if (fewer.length < kept.length && (await shows(fewer))) kept = fewer
    }
  return kept
}

/** The script with the least steps, and lines in its tars, that was found to show the same. `attempts`: how often it may be run. */
export const smallest = async (script: Script, shows: Shows, attempts = 300): Promise<Script> => {
  let left = attempts
  const limited: Shows = async (fewer) => left-- > 0 && shows(fewer)
  let kept: Script = script
  for (let before = Infinity; kept.length < before;) {
    before = kept.length
    kept = await fewest(kept, limited)
  }
  for (const [at, step] of kept.entries()) {
    if (step.do !== 'apply') continue
    const withTar = (tar: typeof step.tar): Script =>
      kept.map((each, index) => (index === at ? { ...step, tar } : each))
    kept = withTar(await fewest(step.tar, (tar) => limited(withTar(tar))))
  }
  return kept
}
