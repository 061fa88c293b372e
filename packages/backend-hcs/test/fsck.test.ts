import { randomInt } from 'node:crypto'
import * as assert from 'uvu/assert'
import {
  checkDamages,
  checkDeletedAttachment,
  damageGroups,
  diceFrom,
  makeClosedWorld,
  type FsckSubject,
} from '@varve/core/conformance'
import { fsckSubject } from './support/fsck-subject.js'
import { openPlan } from './support/plan.js'
import { standinSuite } from './support/suites.js'

const seed = Number(process.env['VARVE_SEED'] ?? randomInt(2 ** 31))
const count = Number(process.env['VARVE_FSCK_SEEDS'] ?? 1)
console.log(`fsck.test.js: VARVE_SEED=${seed}`)

const plan = openPlan()

const cannotBeFlushed = async ({ open, check }: FsckSubject): Promise<void> => {
  const snapshotter = await open()
  await snapshotter.prepare('a')
  await snapshotter.commit('base', 'a')
  await snapshotter.prepare('alone')
  await snapshotter.prepare('child', { parent: 'base' })
  for (const [key, more] of [
    ['alone', {}],
    ['alone', { parent: 'base' }],
    ['child', {}],
  ] as const) {
    plan.fail(0, 0x8007001d, 'FlushFileBuffers')
    await snapshotter.commit('none', key, more).then(
      () => assert.unreachable(),
      () => undefined,
    )
    assert.is(plan.disarm().hit, 'FlushFileBuffers')
  }
  await snapshotter.close()
  assert.equal((await check()).findings, [])
}

const test = await standinSuite('fsck', (suite, native) => {
  const withWorld = async (at: number, use: (subject: ReturnType<typeof fsckSubject>) => Promise<void>) => {
    const subject = fsckSubject(native)
    try {
      await use(subject)
    } catch (cause) {
      throw new Error(`VARVE_SEED=${seed + at}: ${String(cause)}`, { cause })
    } finally {
      await subject.close()
    }
  }
  for (const [index, group] of damageGroups.entries())
    suite(`${group.length} kinds of damage on each of ${count} worlds, group ${index + 1}`, async () => {
      for (let at = 0; at < count; at++)
        await withWorld(at, async (subject) => {
          const layers = await makeClosedWorld(subject, diceFrom(seed + at))
          assert.equal((await subject.check()).findings, [], 'false alarms')
          await checkDamages(subject, group, layers, diceFrom(seed + at))
        })
    })
  suite('what a process has left attached raises no alarm, and is taken in by a rescue', () =>
    withWorld(0, async (subject) => {
      await makeClosedWorld(subject, diceFrom(seed))
      await subject.leaveAttached({ look: {}, alone: {}, work: { late: 'not lost' } })
      assert.equal((await subject.check()).findings, [])
      assert.equal((await subject.rescue()).quarantined, {})
      assert.equal((await subject.check()).findings, [])
      const again = await subject.open()
      const shown = await again.attach('work')
      assert.is(new TextDecoder().decode(await shown.files.read('late')), 'not lost')
      await again.close()
    }),
  )
  suite('a commit that can not be flushed leaves nothing to be found', () => withWorld(0, cannotBeFlushed))
  suite('an attached snapshot that nothing shows any more is found and set right', () =>
    withWorld(0, checkDeletedAttachment),
  )
  suite('layers whose log is gone are rescued', () =>
    withWorld(0, async (subject) => {
      const layers = await makeClosedWorld(subject, diceFrom(seed))
      const rescued = await subject.rescue()
      assert.equal(rescued.quarantined, {})
      assert.equal(rescued.snapshots.length, layers.length)
      assert.equal((await subject.check()).findings, [])
      const snapshotter = await subject.open()
      assert.is((await snapshotter.stat('work')).kind, 'Active')
      await snapshotter.close()
    }),
  )
})

test.run()
