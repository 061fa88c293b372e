import { suite, type Test } from 'uvu'
import { metadataCases } from '@varve/core/conformance'
import { casesOver, snapshotters, type Stores, type Worlds } from './subjects.js'

/** The metadata cases over one pair of adapters, in both profiles. */
export const metadataSuite = (store: Stores, world: Worlds): Test => {
  const test = suite(`${store} store, ${world} world`)
  for (const [at, profile] of (['bind', 'windows-layer'] as const).entries()) {
    const open = snapshotters(store, world, profile)
    const first = 3 * at + (store === 'level' ? 6 : 0)
    for (const { name, run } of casesOver(world, metadataCases, first)) test(`${profile}: ${name}`, () => run(open))
  }
  return test
}
