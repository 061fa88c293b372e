import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Intent } from '@varve/core/ports'
import type { NativeSource } from '../src/driver.js'
import { codeOf } from '../src/failure.js'
import { run } from '../src/layers/operations.js'
import { isNotedCommitted } from '../src/layers/sidecar.js'
import type { Native } from '../src/native/native.js'
import { intents } from './support/acts.js'
import { baseTar } from './support/scenarios.js'
import { alone, standinWorld, type StandinWorld } from './support/standin-world.js'
import { standinSuite } from './support/suites.js'

const unpack = { purpose: 'unpack' } as const

/** What happens to a base layer, a scratch on it and a layer that is filled from a tar, and what is there when it is flushed. */
const life: readonly (readonly [intent: Intent, done: ((on: StandinWorld) => boolean) | undefined])[] = [
  [intents.create(1), (on) => on.list('meta').includes('1.json') && on.list('snapshots/1').includes('Files')],
  [intents.attach(1), undefined],
  [intents.detach(1), ({ list }) => list('mounts').length === 0],
  // It can still be undone then.
  [intents.seal(1), ({ world, list }) => isNotedCommitted(world, 1) && list('meta').includes('1.seal')],
  [intents.create(2, [1]), ({ list }) => list('snapshots/2').includes('sandbox.vhdx')],
  [intents.attach(2, [1]), undefined],
  [intents.detach(2, [1]), ({ list }) => list('mounts').length === 0],
  [intents.seal(2, [1]), (on) => isNotedCommitted(on.world, 2) && on.list('snapshots/2').includes('Hives')],
  [intents.create(3, [], unpack), ({ list }) => list('snapshots').includes('3')],
  [intents.apply(3), ({ list }) => list('snapshots/3/Files').length > 0],
  [intents.retire(2), ({ list }) => list('snapshots').includes('rm-2')],
  [intents.destroy(2), undefined],
]

const theTar = () => {
  let isTaken = false
  return (): ReturnType<typeof alone.take> => {
    if (isTaken) return { type: 'end' }
    isTaken = true
    return { type: 'bytes', bytes: baseTar.slice() }
  }
}

const flushes = (it: Test, native: NativeSource): void => {
  it('what is answered was flushed to the disk, when it was done', async () => {
    const on = await standinWorld(native)
    for (const [intent, done] of life) {
      const seen: boolean[] = []
      on.listen((name) => {
        if (name === 'FlushFileBuffers') seen.push(done?.(on) ?? true)
      })
      on.perform(intent, { take: theTar() })
      assert.equal(seen, done === undefined ? [] : [true], `${intent.type} of layer ${intent.layer}`)
    }
  })

  it('what can not be flushed has failed, and nothing is left of a seal or an import', async () => {
    const on = await standinWorld(native)
    const denying = new Proxy(on.world.machine.native, {
      get: (target, name: keyof Native) =>
        name === 'FlushFileBuffers' ? () => target.FlushFileBuffers(0x1234n) : target[name],
    })
    const world = { ...on.world, machine: { ...on.world.machine, native: denying } }
    for (const [intent, done] of life.slice(0, 11)) {
      const failure = ((): unknown => {
        try {
          return void run(world, 'perform', [intent], { ...alone, take: theTar() })
        } catch (cause) {
          return cause
        }
      })()
      assert.is(codeOf(failure), done === undefined ? undefined : 0x80070006, `${intent.type} of layer ${intent.layer}`)
      if (intent.type === 'SealLayer') assert.not(isNotedCommitted(world, intent.layer))
      if (intent.type === 'SealLayer') assert.not(on.list(`snapshots/${intent.layer}`).includes('Hives'))
      if (intent.type === 'ImportLayer') assert.equal(on.list(`snapshots/${intent.layer}`), [])
      on.perform(intent, { take: theTar() })
    }
  })
}

const test = await standinSuite('durability', flushes)

test.run()
