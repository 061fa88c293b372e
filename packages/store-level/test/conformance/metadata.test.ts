import { suite } from 'uvu'
import { metadataCases } from '@varve/core/conformance'
import { snapshotters } from './subjects.js'

for (const store of ['memory', 'level'] as const) {
  for (const world of ['memory', 'disk'] as const) {
    for (const profile of ['bind', 'windows-layer'] as const) {
      const test = suite(`${store} store, ${world} world, ${profile}`)
      const open = snapshotters(store, world, profile)
      for (const { name, run } of metadataCases) test(name, () => run(open))
      test.run()
    }
  }
}
