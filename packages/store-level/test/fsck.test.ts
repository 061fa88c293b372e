import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check, openSnapshotter, repair } from '@varve/core/promise'
import {
  checkDamages,
  checkDeletedAttachment,
  damageGroups,
  damages,
  diceFrom,
  makeClosedWorld,
} from '@varve/core/conformance'
import { fakeBackend } from '@varve/backend-fake'
import { levelStore } from '../src/index.js'
import { copyOf, diskSubject } from './fsck-subject.js'
import { inDirectory } from './tools.js'

const seed = Number(process.env['VARVE_SEED'] ?? randomInt(2 ** 31))
const count = Number(process.env['VARVE_FSCK_SEEDS'] ?? 2)
console.log(`fsck.test.js: VARVE_SEED=${seed}`)

test(
  `${damages.length} kinds of damage on each of ${count} worlds in LevelDB and on the disk`,
  inDirectory(async (directory) => {
    const planted = new Set<string>()
    for (let at = 0; at < count; at++) {
      const from = join(directory, `world ${at}`)
      const layers = await makeClosedWorld(diskSubject(from), diceFrom(seed + at))
      assert.equal((await diskSubject(from).check()).findings, [], `VARVE_SEED=${seed + at}: false alarms`)
      for (const group of damageGroups) {
        const to = join(directory, 'damaged')
        copyOf(from, to)
        const done = await checkDamages(diskSubject(to), group, layers, diceFrom(seed + at)).catch((cause: unknown) => {
          throw new Error(`VARVE_SEED=${seed + at}: ${String(cause)}`, { cause })
        })
        for (const { name } of done) planted.add(name)
        rmSync(to, { recursive: true })
      }
    }
    assert.equal(
      damages.filter(({ name }) => !planted.has(name)).map(({ name }) => name),
      [],
    )
  }),
)

test(
  'an attached snapshot that nothing shows any more is found and set right',
  inDirectory((directory) => checkDeletedAttachment(diskSubject(join(directory, 'world')))),
)

test(
  'what a repair cuts off the log is kept beside it, and the loss is in the log',
  inDirectory(async (directory) => {
    const subject = diskSubject(directory)
    await makeClosedWorld(subject, diceFrom(4))
    const before = await subject.log.records()
    const bad = before[Math.floor(before.length / 2)]
    await subject.log.put({ seq: bad?.seq ?? 0, text: 'no record' })
    const { plan } = await subject.check()
    const { records } = await subject.repair(plan)
    const cut = readdirSync(directory).find((name) => name.startsWith('log.cut-')) ?? ''
    const kept = readFileSync(join(directory, cut), 'utf8').trimEnd().split('\n')
    assert.equal(
      kept.map((line) => (JSON.parse(line) as { seq: number }).seq),
      before.filter(({ seq }) => seq >= (bad?.seq ?? 0)).map(({ seq }) => seq),
    )
    assert.equal(records[0]?.type, 'LossAccepted')
    assert.equal(records[0]?.data, { after: (bad?.seq ?? 0) - 1, through: before.length })
    assert.equal(records[0]?.cause.by, 'repair')
    const snapshotter = await subject.open()
    await snapshotter.prepare('goes on')
    await snapshotter.close()
  }),
)

test(
  'a plan for another state is refused, and nothing is done',
  inDirectory(async (directory) => {
    const subject = diskSubject(directory)
    await makeClosedWorld(subject, diceFrom(5))
    await subject.root.remove('varve.json')
    const { plan } = await subject.check()
    await subject.root.write('snapshots/9999/Files/x', 'something')
    await subject.repair(plan).then(
      () => assert.unreachable(),
      (refused: Error) => {
        assert.is(refused.name, 'FailedPrecondition')
        assert.match(refused.message, 'check again')
      },
    )
    assert.is(await subject.root.read('varve.json'), undefined)
    await subject.repair((await subject.check()).plan)
    assert.equal((await subject.check()).findings, [])
  }),
)

test(
  'a log that is open is not checked, and one object serves any number of checks',
  inDirectory(async (directory) => {
    const [store, backend] = [levelStore(join(directory, 'log')), fakeBackend({ root: join(directory, 'layers') })]
    const other = {
      store: levelStore(join(directory, 'log')),
      backend: fakeBackend({ root: join(directory, 'layers') }),
    }
    const snapshotter = await openSnapshotter(other)
    await snapshotter.prepare('a')
    const refused = await check({ store, backend }).catch((fault: unknown) => fault)
    assert.is((refused as { code?: string }).code, 'IN_USE')
    await snapshotter.close()
    assert.ok((await check({ store, backend })).healthy)
    const { plan } = await check({ store, backend })
    assert.equal(await repair(plan, { store, backend }), { records: [], mended: 0 })
    const again = await openSnapshotter({ store, backend })
    await again.close()
  }),
)

test(
  'a log that is gone is rescued into a new one',
  inDirectory(async (directory) => {
    const subject = diskSubject(directory)
    const layers = await makeClosedWorld(subject, diceFrom(6))
    const rescued = await subject.rescue()
    assert.equal(rescued.snapshots.length, layers.length)
    assert.equal((await subject.check()).findings, [])
    const snapshotter = await subject.open()
    assert.is((await snapshotter.stat('base')).kind, 'Committed')
    await snapshotter.close()
  }),
)

test.run()
