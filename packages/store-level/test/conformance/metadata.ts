import { suite, type Test } from 'uvu'
import { metadataCases } from '@varve/core/conformance'
import { snapshotters, type Stores, type Worlds } from './subjects.js'

/** The metadata cases over one pair of adapters, in both profiles. */
export const metadataSuite = (store: Stores, world: Worlds): Test => {
  const test = suite(`${store} store, ${world} world`)
  for (const profile of ['bind', 'windows-layer'] as const) {
    const open = snapshotters(store, world, profile)
    for (const { name, run } of metadataCases) test(`${profile}: ${name}`, () => run(open))
  }
  return test
}
