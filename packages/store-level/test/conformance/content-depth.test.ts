import { suite } from 'uvu'
import { layerDepthCases } from '@varve/core/conformance'
import { snapshotters } from './subjects.js'

const test = suite('level store, disk world, bind, many layers')
const open = snapshotters('level', 'disk', 'bind')
for (const { name, run } of layerDepthCases) test(name, () => run(open))
test.run()
