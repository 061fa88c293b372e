import * as E from 'fp-ts/lib/Either.js'
import { pbkdf2 } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Backend, Failure, Progress, Result } from '@varve/core/ports'
import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import type { NativeSource } from '../src/driver.js'
import { backendOver } from '../src/hcs-backend.js'
import { laneCount } from '../src/lanes/lanes.js'
import { hostPathBelow } from './standin/library.js'
import { execute, exportOf, fill, intents, openFor, perform, right, shownIn } from './support/acts.js'
import { openPlan } from './support/plan.js'
import { baseTar, makeGround } from './support/scenarios.js'
import { standin } from './support/standin.js'
import { checkLeaks, freshRoot } from './support/subjects.js'
import { standinSuite } from './support/suites.js'
import { item, tarOf } from './support/tars.js'

const until = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 10_000) throw new Error('it did not come to that')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

const codeIn = (outcome: E.Either<Failure, Result>): number | undefined =>
  E.isLeft(outcome) && outcome.left._tag === 'BackendFault' ? outcome.left.code : undefined

const cancelled = 0x8007_04c7

/** What is left on the way: folders for transport, and disks that are up. */
const leftIn = (backend: Backend): readonly string[] => {
  const root = hostPathBelow(standin().base)(backend.layout.root)
  return ['temp', 'mounts'].flatMap((name) => fs.readdirSync(path.join(root, name)))
}

const noise = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (let at = 0, state = 1; at < length; at++) bytes[at] = state = (state * 75 + 74) % 65_537
  return bytes
}

const largeTar = tarOf(
  item.folder('Files'),
  item.file('Files/large', noise(5_000_001)),
  item.file('Files/small', 's'),
  item.folder('Hives'),
)

const plan = openPlan()
const on = [2, 1]

/** An open backend with layers 1 and 2. */
const openOn = async (native: NativeSource): Promise<Backend> => {
  const backend = backendOver({ root: freshRoot() }, native)
  await openFor(backend)
  await makeGround(backend)
  return backend
}

const hangs = (it: Test, native: NativeSource): void => {
  it('while every lane hangs in a call of Windows, the thread pool that logs are written with is free', async () => {
    const backend = await openOn(native)
    const layers = Array.from({ length: laneCount + 1 }, (_, at) => 10 + at)
    for (const layer of layers) await perform(backend, intents.create(layer, on))
    plan.hang('ActivateLayer')
    const attaching = layers.map((layer) => execute(backend, intents.attach(layer, on)))
    await until(() => plan.hanging() === laneCount)
    for (let round = 0; round < 8; round++) {
      await promisify(pbkdf2)('a', 'b', 1, 32, 'sha256')
      await fs.promises.writeFile(path.join(standin().base, 'log'), `${round}`, { flush: true })
    }
    assert.is(plan.hanging(), laneCount)
    plan.disarm()
    for (const outcome of await Promise.all(attaching)) assert.ok(E.isRight(outcome))
    await backend.close()()
    checkLeaks('attaching')
  })

  it('layers are prepared one at a time', async () => {
    const backend = await openOn(native)
    const layers = Array.from({ length: laneCount }, (_, at) => 10 + at)
    for (const layer of layers) await perform(backend, intents.create(layer, on))
    const attach = () => layers.map((layer) => execute(backend, intents.attach(layer, on)))
    plan.hang('ActivateLayer')
    const first = attach()
    await until(() => plan.hanging() === laneCount)
    plan.disarm()
    await Promise.all(first)
    for (const layer of layers) await perform(backend, intents.detach(layer, on))
    // Every lane is there now.
    plan.hang('PrepareLayer')
    const attaching = attach()
    await until(() => plan.hanging() === 1)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const hanging = plan.hanging()
    plan.disarm()
    assert.is(hanging, 1)
    for (const outcome of await Promise.all(attaching)) assert.ok(E.isRight(outcome))
    await backend.close()()
  })

  it('a backend that was closed can be opened again', async () => {
    const backend = await openOn(native)
    await backend.close()()
    const { files } = backend.files({ id: 2, kind: 'Active', isParentless: false })
    const read = await files.read('x')()
    assert.ok(E.isLeft(read) && read.left._tag === 'FailedPrecondition')
    await openFor(backend)
    assert.ok((await right(backend.usage(2))).size > 0)
    await backend.close()()
  })
}

const cancelling = (it: Test, native: NativeSource): void => {
  it('a seal can be cancelled until the layer is handed to ImportLayer, and the snapshot is Active again', async () => {
    const backend = await openOn(native)
    await perform(backend, intents.create(3, on))
    await fill(backend, 3, on, { own: 'o', both: undefined })
    for (const [call, isUndone] of [
      ['ExportLayer', true],
      ['ImportLayer', false],
    ] as const) {
      const abort = new AbortController()
      plan.hang(call)
      const sealing = execute(backend, intents.seal(3, on), { signal: abort.signal })
      await until(() => plan.hanging() === 1)
      abort.abort()
      plan.disarm()
      assert.is(codeIn(await sealing), isUndone ? cancelled : undefined, call)
      checkLeaks(call)
      if (!isUndone) break
      await perform(backend, intents.attach(3, on))
      const { own, both } = await shownIn(backend, 3, on)
      assert.equal([own, both], ['o', undefined])
      await perform(backend, intents.detach(3, on))
    }
    assert.equal(leftIn(backend), [])
    await backend.close()()
  })

  it('a seal and an import whose signal has fired undo what a run before them left', async () => {
    const backend = await openOn(native)
    await perform(backend, intents.create(3, on))
    await fill(backend, 3, on, { own: 'o' })
    await perform(backend, intents.create(4, [1], { purpose: 'unpack' }))
    const signal = AbortSignal.abort()
    assert.is(codeIn(await execute(backend, intents.seal(3, on), { signal })), cancelled)
    assert.is(codeIn(await execute(backend, intents.apply(4, [1]), { signal, tar: largeTar })), cancelled)
    await perform(backend, intents.attach(3, on))
    assert.is((await shownIn(backend, 3, on))['own'], 'o')
    assert.is((await right(backend.usage(4))).size, 0)
    await backend.close()()
  })

  it('an import is cancelled in the middle of its tar and leaves the layer empty', async () => {
    const backend = await openOn(native)
    await perform(backend, intents.create(4, [1], { purpose: 'unpack' }))
    const abort = new AbortController()
    const told: Progress[] = []
    async function* tar(): AsyncGenerator<E.Either<Failure, Uint8Array>> {
      yield E.right(largeTar.slice(0, 3_000_000))
      while (!abort.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5))
      await new Promise(() => undefined)
    }
    setTimeout(() => abort.abort(), 200)
    const outcome = await backend.execute(intents.apply(4, [1]), {
      signal: abort.signal,
      progress: (progress) => void told.push(progress),
      tar: tar(),
    })()
    assert.is(codeIn(outcome), cancelled)
    assert.is((await right(backend.usage(4))).size, 0)
    assert.equal(leftIn(backend), [])
    checkLeaks('the import')
    await backend.close()()
  })
}

const tars = (it: Test, native: NativeSource): void => {
  it('what was imported comes out as the same tar, and a long import tells how far it is', async () => {
    const backend = await openOn(native)
    await perform(backend, intents.create(4, [1], { purpose: 'unpack' }))
    const told: Progress[] = []
    const again = { signal: new AbortController().signal, progress: (progress: Progress) => void told.push(progress) }
    async function* tar(): AsyncGenerator<E.Either<Failure, Uint8Array>> {
      for (let from = 0; from < largeTar.length; from += 100_000) yield E.right(largeTar.slice(from, from + 100_000))
    }
    assert.ok(E.isRight(await backend.execute(intents.apply(4, [1]), { ...again, tar: tar() })()))
    await perform(backend, intents.seal(4, [1], { purpose: 'unpack', applied: true }))
    assert.equal(told.at(-1), { intent: '47', layer: 4, files: 4, bytes: 5_000_002 })
    const base = await exportOf(backend, 1)
    assert.ok(E.isRight(base) && base.right.length > baseTar.length - 4_096)
    await perform(backend, intents.create(5, [], { purpose: 'unpack' }))
    await perform(backend, intents.apply(5), base.right)
    const copied = await exportOf(backend, 5)
    assert.ok(E.isRight(copied))
    assert.is(Buffer.compare(copied.right, base.right), 0)
    await backend.close()()
  })

  it('an export that nobody reads on leaves nothing open and nothing up', async () => {
    const backend = await openOn(native)
    await perform(backend, intents.create(3, on))
    await fill(backend, 3, on, { large: 'x'.repeat(6_000_000) })
    const options = { signal: new AbortController().signal, progress: () => undefined }
    for await (const chunk of backend.exportLayer({ id: 3, parents: on }, options)) {
      assert.ok(E.isRight(chunk))
      break
    }
    checkLeaks('the export')
    assert.equal(leftIn(backend), [])
    const reader = backend.exportLayer({ id: 3, parents: on }, options)[Symbol.asyncIterator]()
    assert.ok(E.isRight((await reader.next()).value))
    await backend.close()()
    checkLeaks('closing')
    assert.equal(leftIn(backend), [])
  })
}

const test = await standinSuite('work', (it, native) => {
  hangs(it, native)
  cancelling(it, native)
  tars(it, native)
})

test.run()
