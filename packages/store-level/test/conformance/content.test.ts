import { suite } from 'uvu'
import { contentCases, layerDepthCases } from '@varve/core/conformance'
import { snapshotters } from './subjects.js'

for (const [store, world] of [
  ['memory', 'memory'],
  ['level', 'disk'],
] as const) {
  for (const profile of ['bind', 'windows-layer'] as const) {
    const test = suite(`${store} store, ${world} world, ${profile}`)
    const open = snapshotters(store, world, profile)
    for (const { name, run } of contentCases) test(name, () => run(open))
    if (profile === 'bind' && world === 'memory')
      for (const { name, run } of layerDepthCases) test(name, () => run(open))
    test.run()
  }
}
