import { randomInt } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { diceFrom, makeWorld, type FsckSubject } from '@varve/core/conformance'
import { check, openSnapshotter, rescue } from '@varve/core/promise'
import type { Info } from '@varve/core'
import { fakeBackend } from '../src/fake-backend.js'
import type { PlannedFault } from '../src/faults.js'
import { memoryStore, storeOf } from '../src/memory-store.js'
import { backendOn, closedWorld, newRemains, subjectOn } from './support/fsck.js'

const seed = Number(process.env['VARVE_SEED'] ?? randomInt(2 ** 31))
const count = Number(process.env['VARVE_FSCK_SEEDS'] ?? 60)
console.log(`rescue.test.js: VARVE_SEED=${seed}`)

const test = suite('rescue')

type Told = Omit<Info, 'created' | 'updated'> & { readonly files: Readonly<Record<string, string>> }

/** Everything that is known of a world, and what views of its committed layers show. */
const toldBy = async ({ open }: FsckSubject): Promise<ReadonlyMap<string, Told>> => {
  const snapshotter = await open()
  const told = new Map<string, Told>()
  for await (const { name, kind, parent, labels } of snapshotter.walk()) {
    const files: Record<string, string> = {}
    if (kind !== 'Committed') {
      told.set(name, { name, kind, parent, labels, files })
      continue
    }
    try {
      await snapshotter.view('a look', { parent: name })
      const shown = await snapshotter.attach('a look')
      for (const file of (await shown.files.list('')).filter((one) => one.startsWith('f')))
        files[file] = new TextDecoder().decode(await shown.files.read(file))
      await snapshotter.detach('a look')
      await snapshotter.remove('a look')
    } catch (cause) {
      // Nothing stands on a base layer that no tar was applied to.
      files['refused'] = cause instanceof Error ? cause.name : ''
    }
    told.set(name, { name, kind, parent, labels, files })
  }
  await snapshotter.cleanup()
  await snapshotter.close()
  return told
}

const withoutUpdates = (told: ReadonlyMap<string, Told>): readonly Told[] =>
  [...told.values()]
    .map((one) => ({ ...one, labels: { a: one.labels['a'] ?? '' } }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))

test(`${count} worlds are as they were when their logs are gone`, async () => {
  for (let at = 0; at < count; at++) {
    const what = `VARVE_SEED=${seed + at}`
    const { remains, layers } = await closedWorld(seed + at)
    const subject = subjectOn(remains)
    const before = withoutUpdates(await toldBy(subject))
    const { log: lost } = remains.log
    const rescued = await subject.rescue()
    assert.is.not(rescued.log, lost)
    assert.equal(rescued.quarantined, {}, what)
    assert.equal(rescued.snapshots.length, layers.length, what)
    assert.equal((await subject.check()).findings, [], what)
    assert.equal(withoutUpdates(await toldBy(subject)), before, what)
  }
})

test('ids go on above the highest that was found', async () => {
  const { remains } = await closedWorld(1)
  const subject = subjectOn(remains)
  await subject.root.write('snapshots/4711/Files/left', 'something')
  const rescued = await subject.rescue()
  assert.equal(Object.keys(rescued.quarantined), ['4711-1'])
  assert.match(rescued.quarantined['4711-1'] ?? '', 'it has no sidecar')
  const snapshotter = await subject.open()
  const [mount] = await snapshotter.prepare('next')
  assert.match(mount?.source ?? '', /\\4712\\Files$/)
  await snapshotter.close()
})

test('what was written to a layer that was attached is taken in', async () => {
  const remains = newRemains()
  const store = storeOf(remains.log)
  const snapshotter = await openSnapshotter({ store, backend: backendOn(remains.nodes) })
  await makeWorld(snapshotter, diceFrom(3))
  const { files } = await snapshotter.attach('work')
  await files.write('late', 'not lost')
  store.losePower()
  const subject = subjectOn(remains)
  const rescued = await subject.rescue()
  assert.equal(rescued.quarantined, {})
  const again = await subject.open()
  assert.is((await again.stat('work')).kind, 'Active')
  const shown = await again.attach('work')
  assert.is(new TextDecoder().decode(await shown.files.read('late')), 'not lost')
  await again.close()
})

test('what can not be told is put aside with a reason, and what stands on it, too', async () => {
  const { remains, layers } = await closedWorld(2)
  const subject = subjectOn(remains)
  const base = layers.find(({ name }) => name === 'base')
  await subject.root.write(`meta/${base?.id}.json`, '{')
  const rescued = await subject.rescue()
  const gone = layers.filter(({ id, parents }) => id === base?.id || parents.includes(base?.id ?? 0))
  assert.equal(Object.keys(rescued.quarantined).sort(), gone.map(({ id }) => `${id}-1`).sort())
  assert.match(rescued.quarantined[`${base?.id}-1`] ?? '', 'can not be read')
  assert.equal((await subject.check()).findings, [])
})

const denied = 0x80070005

/** Fails the second seal when all of it is done, and each one after it after one step more than the one before. */
const failedSeals: readonly PlannedFault[] = [
  { intent: 'SealLayer', time: 2, code: denied, when: 'after' },
  ...Array.from(
    { length: 1_000 },
    (_, at) => ({ intent: 'SealLayer', time: 3 + at, code: denied, cutAfter: at }) as const,
  ),
]

for (const [what, options, more] of [
  ['without parents', {}, {}],
  ['with a parent', { parent: 'base' }, {}],
  ['that was to gain a parent', {}, { parent: 'base' }],
] as const)
  test(`a layer ${what} whose commit failed, done or at whatever step, is rescued as the Active one that it is`, async () => {
    const store = memoryStore()
    const backend = fakeBackend({ faults: failedSeals })
    const snapshotter = await openSnapshotter({ store, backend })
    await snapshotter.prepare('a')
    await snapshotter.commit('base', 'a')
    const isCommitted = async (at: number): Promise<boolean> => {
      await snapshotter.prepare(`key ${at}`, options)
      return snapshotter.commit(`name ${at}`, `key ${at}`, more).then(
        () => true,
        () => false,
      )
    }
    let failed = 0
    while (!(await isCommitted(failed))) failed++
    assert.ok(failed > 2, `${failed} seals have failed`)
    store.losePower()
    const { findings } = await check({ store, backend })
    assert.equal(
      findings.filter(({ severity }) => severity === 'damage'),
      [],
    )
    const rescued = await rescue({ store: memoryStore(), backend })
    const kinds = new Map(rescued.snapshots.map(({ name, kind }) => [name, kind]))
    assert.is(kinds.get(`name ${failed}`), 'Committed')
    for (let at = 0; at < failed; at++) assert.is(kinds.get(`key ${at}`), 'Active', `key ${at}`)
  })

test('a log with records is refused', async () => {
  const { remains } = await closedWorld(2)
  const pair = { store: storeOf(remains.log), backend: backendOn(remains.nodes) }
  await rescue(pair).then(
    () => assert.unreachable(),
    (refused: unknown) => assert.is((refused as Error).name, 'FailedPrecondition'),
  )
})

test.run()
