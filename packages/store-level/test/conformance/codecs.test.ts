import { suite } from 'uvu'
import { memoryCodecs } from '@varve/backend-fake'
import { codecCases } from '@varve/core/conformance'
import { nodeCodecs } from '@varve/store-level'

for (const [name, codecs] of Object.entries({ memory: memoryCodecs(), node: nodeCodecs() })) {
  const test = suite(`${name} codecs`)
  const open = async () => ({ codecs, close: () => Promise.resolve() })
  for (const one of codecCases) test(one.name, () => one.run(open))
  test.run()
}
