import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import type { SnapshotId } from '@varve/core/ports'
import type { NativeSource } from '../src/driver.js'
import { codeOf, codes, failureOf } from '../src/failure.js'
import type { Control } from '../src/layers/control.js'
import { run } from '../src/layers/operations.js'
import { intents } from './support/acts.js'
import { baseTar } from './support/scenarios.js'
import { alone, standinWorld, type StandinWorld } from './support/standin-world.js'
import { standinSuite } from './support/suites.js'
import { item, shownTar, tarOf } from './support/tars.js'

type Ids = readonly SnapshotId[]

const ask = ({ world }: StandinWorld, layer: SnapshotId, parents: Ids) => ({
  put: (files: Readonly<Record<string, string>>): void => {
    run(world, 'perform', [intents.attach(layer, parents)], alone)
    for (const [path, text] of Object.entries(files)) run(world, 'write', [layer, path, text], alone)
    run(world, 'perform', [intents.detach(layer, parents)], alone)
  },
  shown: (path: string): string => {
    run(world, 'perform', [intents.attach(layer, parents)], alone)
    const text = new TextDecoder().decode(run(world, 'read', [layer, path], alone))
    run(world, 'perform', [intents.detach(layer, parents)], alone)
    return text
  },
})

/** A base layer 1, and scratch 2 on it with content of its own. */
const ground = (on: StandinWorld): void => {
  on.perform(intents.create(1))
  ask(on, 1, []).put({ lower: 'l', 'folder/deep': 'd' })
  on.perform(intents.seal(1))
  on.perform(intents.create(2, [1]))
  ask(on, 2, [1]).put({ upper: 'u', 'folder/more': 'm' })
  on.calls.length = 0
}

const failing = (call: () => unknown): unknown => {
  try {
    call()
  } catch (cause) {
    return cause
  }
  throw new Error('expected a failure, found none')
}

/** Takes a tar in small pieces. */
const taking = (tar: Uint8Array, end: ReturnType<Control['take']> = { type: 'end' }): Control['take'] => {
  let at = 0
  return () => {
    if (at >= tar.length) return end
    at += 700
    return { type: 'bytes', bytes: tar.slice(at - 700, at) }
  }
}

const tarOfLayer = ({ world }: StandinWorld, id: SnapshotId, parents: Ids): Uint8Array => {
  const chunks: Uint8Array[] = []
  run(world, 'exportLayer', [{ id, parents }, undefined], { ...alone, put: (bytes) => void chunks.push(bytes) })
  return new Uint8Array(Buffer.concat(chunks))
}

const seals = (it: Test, native: NativeSource): void => {
  it('a scratch is read, taken down, and then built anew beside its disk', async () => {
    const on = await standinWorld(native)
    ground(on)
    const done: number[] = []
    on.perform(intents.seal(2, [1]), { progress: ({ bytes }) => void done.push(bytes) })
    const steps = ['ActivateLayer', 'PrepareLayer', 'UnprepareLayer', 'ExportLayer', 'DeactivateLayer', 'ImportLayer']
    assert.equal(
      on.calls.filter((name) => steps.includes(name)),
      [...steps.slice(0, 4), 'UnprepareLayer', ...steps.slice(4)],
    )
    assert.equal(on.list('snapshots/2'), ['Files', 'Hives', 'sandbox.vhdx'])
    assert.ok(done.length > 2 && done.every((bytes, at) => bytes >= (done[at - 1] ?? 0)), done.join())
    for (const folder of ['mounts', 'temp']) assert.equal(on.list(folder), [])
    on.calls.length = 0
    on.perform(intents.seal(2, [1]))
    assert.equal(on.calls, ['CreateFileW', 'FlushFileBuffers', 'CloseHandle'])
  })

  it('a cancelled seal leaves the scratch as it was, wherever it was cancelled', async () => {
    const on = await standinWorld(native)
    ground(on)
    let asked = 0
    on.perform(intents.seal(2, [1]), { isCancelled: () => ++asked < 0 })
    for (let after = 0; after < asked; after++) {
      const layer = 3 + after
      on.perform(intents.create(layer, [1]))
      ask(on, layer, [1]).put({ upper: 'u', 'folder/more': 'm' })
      let left = after
      const failure = failing(() => on.perform(intents.seal(layer, [1]), { isCancelled: () => left-- <= 0 }))
      assert.is(codeOf(failure), codes.cancelled, `after ${after}`)
      assert.equal(on.list(`snapshots/${layer}`), ['sandbox.vhdx'])
      for (const folder of ['mounts', 'temp']) assert.equal(on.list(folder), [], `after ${after}`)
      assert.is(ask(on, layer, [1]).shown('folder/more'), 'm')
    }
  })
}

const conversions = (it: Test, native: NativeSource): void => {
  it('a seal is cancelled until the import begins', async () => {
    const on = await standinWorld(native)
    ground(on)
    const isCancelled = (): boolean => on.calls.includes('DeactivateLayer')
    assert.is(codeOf(failing(() => on.perform(intents.seal(2, [1]), { isCancelled }))), codes.cancelled)
    assert.equal(on.list('snapshots/2'), ['sandbox.vhdx'])
  })

  it('a seal is not cancelled any more once the import has begun', async () => {
    const on = await standinWorld(native)
    ground(on)
    assert.is(
      on.perform(intents.seal(2, [1]), { isCancelled: () => on.calls.includes('ImportLayer') }).type,
      'LayerSealed',
    )
  })

  it('a cancelled conversion takes its hives away', async () => {
    const on = await standinWorld(native)
    on.perform(intents.create(1))
    ask(on, 1, []).put({ alone: 'a', 'Windows/System32/own': 'o' })
    const tar = tarOfLayer(on, 1, [])
    const isCancelled = (): boolean => on.calls.includes('SaveEmptyHive')
    assert.is(codeOf(failing(() => on.perform(intents.seal(1), { isCancelled }))), codes.cancelled)
    assert.equal(on.list('snapshots/1'), ['Files'])
    assert.equal(on.list('snapshots/1/Files/Windows/System32'), ['own'])
    assert.equal(tarOfLayer(on, 1, []), tar)
    on.perform(intents.seal(1))
    assert.equal(on.list('snapshots/1'), ['Files', 'Hives', 'blank-base.vhdx', 'blank.vhdx', 'layout'])
  })

  it('hives that a tar brought beside its files are made anew, and stay when the seal is cancelled before', async () => {
    const on = await standinWorld(native)
    on.perform(intents.create(1, [], { purpose: 'unpack' }))
    const tar = tarOf(item.folder('Files'), item.folder('Hives'), item.file('Hives/SAM_BASE', 'of the tar'))
    on.perform(intents.apply(1), { take: taking(tar) })
    const seal = intents.seal(1, [], { purpose: 'unpack', applied: true })
    const isCancelled = (): boolean => on.calls.includes('SaveEmptyHive')
    assert.is(codeOf(failing(() => on.perform(seal, { isCancelled }))), codes.cancelled)
    assert.equal(on.list('snapshots/1/Hives'), ['SAM_BASE'])
    on.perform(seal)
    assert.is(on.list('snapshots/1/Hives').length, 5)
  })
}

/** Of the calls of an undoing every one; on Windows, where each takes its time, one of a few. */
const stride = process.platform === 'win32' ? 9 : 1

const undoneInPart = (it: Test, native: NativeSource): void => {
  it('a seal that failed is done anew, wherever its undoing ended', async () => {
    const on = await standinWorld(native)
    for (let layer = 1, isUndone = false; !isUndone; layer += stride) {
      on.perform(intents.create(layer))
      ask(on, layer, []).put({ alone: 'a' })
      let left: number | undefined
      on.listen((name) => {
        if (name === 'FlushFileBuffers') left = layer
        if (left !== undefined && (name === 'FlushFileBuffers' || --left <= 0)) throw new Error('failed on demand')
      })
      const failure = failing(() => on.perform(intents.seal(layer)))
      isUndone = !failureOf('', failure).message.includes('could not be undone')
      on.listen(() => undefined)
      on.perform(intents.seal(layer))
      assert.equal(on.list(`snapshots/${layer}`), ['Files', 'Hives', 'blank-base.vhdx', 'blank.vhdx', 'layout'])
    }
  })
}

const gainedParents = (it: Test, native: NativeSource): void => {
  it('what has a utility VM of its own is not built over a parent, and can be sealed without one', async () => {
    const on = await standinWorld(native)
    ground(on)
    on.perform(intents.create(3, [], { purpose: 'unpack' }))
    on.perform(intents.apply(3), { take: taking(baseTar) })
    const before = on.list('snapshots/3')
    const more = { purpose: 'unpack', applied: true } as const
    const failure = failing(() => on.perform(intents.seal(3, [1], { ...more, madeParentless: true })))
    assert.match(
      failureOf('', failure).message,
      /UtilityVM is there.+commit it without a parent, or remove that folder/,
    )
    assert.equal(on.list('snapshots/3'), before)
    on.perform(intents.seal(3, [], more))
  })

  it('content that a scratch was sealed from is kept as long as it may be needed, and no longer', async () => {
    const on = await standinWorld(native)
    ground(on)
    on.perform(intents.create(3))
    ask(on, 3, []).put({ alone: 'a' })
    const kept: (readonly string[])[] = []
    on.listen((name) => {
      if (name === 'FlushFileBuffers') kept.push(on.list('temp/3.files'))
    })
    on.perform(intents.seal(3, [1], { madeParentless: true }))
    assert.equal(kept, [['alone']])
    assert.equal(on.list('snapshots/3'), ['Files', 'Hives'])
    assert.equal(on.list('temp'), [])
  })
}

const imports = (it: Test, native: NativeSource): void => {
  it('a layer that is applied comes out again', async () => {
    const on = await standinWorld(native)
    on.perform(intents.create(1, [], { purpose: 'unpack' }))
    on.perform(intents.apply(1), { take: taking(baseTar) })
    on.perform(intents.seal(1, [], { purpose: 'unpack', applied: true }))
    const tar = tarOfLayer(on, 1, [])
    assert.equal(tarOfLayer(on, 1, []), tar)
    const shown = shownTar(tar)
    for (const line of ['link Files/second -> Files/lower', 'symlink Files/pointer -> lower', 'stream Files/lower'])
      assert.ok(shown.includes(line), `${line} in ${shown.join('\n')}`)
  })

  const failed = { _tag: 'BackendFault', message: 'the stream broke', code: codes.unspecified } as const
  for (const [what, tar, control] of [
    ['is cut off', baseTar.slice(0, 5_000), {}],
    ['breaks', baseTar, { end: { type: 'failed', failure: failed } }],
    ['is no tar', new Uint8Array(2_000).fill(7), {}],
    ['is cancelled', baseTar, { isCancelled: true }],
  ] as const)
    it(`an import whose tar ${what} leaves the layer empty`, async () => {
      const on = await standinWorld(native)
      on.perform(intents.create(1, [], { purpose: 'unpack' }))
      let asked = 0
      const failure = failing(() =>
        on.perform(intents.apply(1), {
          take: taking(tar, 'end' in control ? control.end : { type: 'end' }),
          isCancelled: () => 'isCancelled' in control && ++asked > 5,
        }),
      )
      assert.match(failureOf('', failure).message, what === 'breaks' ? 'the stream broke' : /./)
      assert.equal(on.list('snapshots/1'), [])
      assert.is(on.perform(intents.apply(1), { take: taking(baseTar) }).type, 'LayerImported')
    })

  it('an import takes no more entries than it may', async () => {
    const on = await standinWorld(native)
    on.perform(intents.create(1, [], { purpose: 'unpack' }))
    const intent = intents.apply(1)
    if (intent.type !== 'ImportLayer') throw new Error('that is no import')
    const limited = { ...intent, limits: { entries: 3, bytes: 1_000_000 } }
    const failure = failing(() => on.perform(limited, { take: taking(baseTar) }))
    assert.is(failureOf('', failure)._tag, 'InvalidArgument')
    assert.equal(on.list('snapshots/1'), [])
  })
}

const exports = (it: Test, native: NativeSource): void => {
  it('an export that nobody waits for ends, and the layer is down', async () => {
    const on = await standinWorld(native)
    ground(on)
    let items = 0
    const control = { ...alone, isStopped: () => ++items > 2 }
    assert.is(
      codeOf(failing(() => run(on.world, 'exportLayer', [{ id: 2, parents: [1] }, undefined], control))),
      codes.aborted,
    )
    assert.equal(on.list('mounts'), [])
    run(on.world, 'perform', [intents.attach(2, [1])], alone)
    const failure = failing(() => run(on.world, 'exportLayer', [{ id: 2, parents: [1] }, undefined], alone))
    assert.is(codeOf(failure), codes.sharingViolation)
  })
}

const test = await standinSuite('seals, imports and exports', (it, native) => {
  for (const fill of [seals, conversions, undoneInPart, gainedParents, imports, exports]) fill(it, native)
})

test.run()
