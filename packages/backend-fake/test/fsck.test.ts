import { randomInt } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  checkDamages,
  checkDeletedAttachment,
  damageGroups,
  damages,
  diceFrom,
  makeWorld,
  type Dice,
} from '@varve/core/conformance'
import type { Driver } from '@varve/core/adapter'
import { check, openSnapshotter, repair } from '@varve/core/promise'
import { fakeBackend, memoryStore } from '../src/index.js'
import { storeOf } from '../src/memory-store.js'
import type { WorldDriver } from '../src/world/operations.js'
import { backendOn, closedWorld, copyOf, newRemains, subjectOn, type Remains } from './support/fsck.js'

const seed = Number(process.env['VARVE_SEED'] ?? randomInt(2 ** 31))
const count = Number(process.env['VARVE_FSCK_SEEDS'] ?? 200)
console.log(`fsck.test.js: VARVE_SEED=${seed}`)

const test = suite('fsck')

test(`${damages.length} kinds of damage on each of ${count} worlds in memory`, async () => {
  const planted = new Map(damages.map(({ name }) => [name, 0]))
  for (let at = 0; at < count; at++) {
    const { remains, layers } = await closedWorld(seed + at)
    const healthy = await subjectOn(copyOf(remains)).check()
    assert.equal(healthy.findings, [], `VARVE_SEED=${seed + at}: false alarms`)
    for (const group of damageGroups) {
      const done = await checkDamages(subjectOn(copyOf(remains)), group, layers, diceFrom(seed + at)).catch(
        (cause: unknown) => {
          throw new Error(`VARVE_SEED=${seed + at}: ${String(cause)}`, { cause })
        },
      )
      for (const { name } of done) planted.set(name, (planted.get(name) ?? 0) + 1)
    }
  }
  console.log([...planted].map(([name, times]) => `  ${String(times).padStart(4)}  ${name}`).join('\n'))
})

/** A driver whose process dies in the middle of an intent: what has been done stays, and nobody ever hears of it. */
const dying =
  (diesAt: number, cutAfter: number, die: () => void) =>
  (driver: WorldDriver): Driver => {
    let intents = 0
    const call: WorldDriver['call'] = (name, args, options) => {
      if (name !== 'perform' || intents++ < diesAt) return driver.call(name, args, options)
      return driver.call(name, args, { ...options, cutAfter }).then(() => {
        die()
        return new Promise(() => undefined)
      })
    }
    return { ...driver, call }
  }

/** A world whose process died at some moment; `lived` when it ended before that. */
const deadWorld = async (remains: Remains, dice: Dice): Promise<void> => {
  const store = storeOf(remains.log)
  let died: () => void = () => undefined
  const death = new Promise<void>((resolve) => (died = resolve))
  const backend = backendOn(
    remains.nodes,
    dying(5 + dice.roll(35), dice.roll(12), () => {
      store.losePower()
      died()
    }),
  )
  const living = async (): Promise<void> => {
    const snapshotter = await openSnapshotter({ store, backend })
    await makeWorld(snapshotter, dice)
    for (const key of ['work', 'look', 'child']) if (dice.once(2)) await snapshotter.attach(key)
    const { files } = await snapshotter.attach('work')
    await files.write('left', 'not taken in')
    if (dice.once(2)) await snapshotter.commit('worked', 'child').catch(() => undefined)
    store.losePower()
  }
  await Promise.race([living(), death])
}

test(`no false alarm on ${count} worlds whose processes died`, async () => {
  for (let at = 0; at < count; at++) {
    const what = `VARVE_SEED=${seed + at}`
    const remains = newRemains()
    await deadWorld(remains, diceFrom(seed + at))
    const subject = subjectOn(remains)
    assert.equal((await subject.check()).findings, [], `${what}, dead`)
    const snapshotter = await subject.open()
    await snapshotter.close()
    assert.equal((await subject.check()).findings, [], `${what}, recovered`)
  }
})

test('a removal that failed when it was done is taken back, with what was written to the attached layer', async () => {
  const store = memoryStore()
  const backend = fakeBackend({ faults: [{ intent: 'RetireLayer', time: 1, code: 0x80070005, when: 'after' }] })
  const snapshotter = await openSnapshotter({ store, backend })
  await snapshotter.prepare('a')
  await snapshotter.commit('base', 'a')
  await snapshotter.prepare('work', { parent: 'base' })
  const { files } = await snapshotter.attach('work')
  await files.write('late', 'not lost')
  await snapshotter.remove('work').then(
    () => assert.unreachable(),
    () => undefined,
  )
  store.losePower()
  const found = await check({ store, backend })
  assert.equal(
    found.findings.map(({ code, id }) => [code, id]),
    [['retired-layer', 2]],
  )
  await repair(found.plan, { store, backend })
  assert.equal((await check({ store, backend })).findings, [])
  const again = await openSnapshotter({ store, backend })
  const shown = await again.attach('work')
  assert.is(new TextDecoder().decode(await shown.files.read('late')), 'not lost')
  await again.close()
})

test('an attached snapshot that nothing shows any more is found and set right', () =>
  checkDeletedAttachment(subjectOn(newRemains())))

test('a lost end is recorded, and ids that its records gave out are not given out again', async () => {
  const remains = newRemains()
  const subject = subjectOn(remains)
  const snapshotter = await subject.open()
  for (const key of ['a', 'b', 'c']) await snapshotter.prepare(key)
  await snapshotter.close()
  const records = await subject.log.records()
  await subject.log.loseAfter(3)
  await subject.open().then(
    () => assert.unreachable(),
    (refused: unknown) => assert.is((refused as { readonly code: string }).code, 'RECORDS_LOST'),
  )
  const { plan } = await subject.check()
  const repaired = await subject.repair(plan)
  assert.equal(
    repaired.records.map(({ type, data, cause }) => [type, data, cause.by]),
    [
      ['LossAccepted', { after: 3, through: records.length }, 'repair'],
      ['IdsBurnt', { through: 3 }, 'repair'],
      ['Quarantined', { directories: ['2-1', '3-1'] }, 'repair'],
    ],
  )
  const again = await subject.open()
  const [mount] = await again.prepare('d')
  assert.match(mount?.source ?? '', /\\4\\Files$/)
  await again.close()
})

test.run()
