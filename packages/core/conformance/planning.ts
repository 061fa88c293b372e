import type { Command } from '../src/model/command.js'
import { equal, rejects } from './assert.js'
import { oneOfEach } from './creation.js'
import { committed, idOf, recordsNothing, recordsOf, type SnapshotterCase, snapshotterCase } from './fixtures.js'
import { whilePending } from './pending.js'
import { sizeBytes } from './size-labels.js'
import type { PromiseSnapshotter } from './subject.js'

type Planned = {
  readonly command: Command
  readonly run: (snapshotter: PromiseSnapshotter) => Promise<unknown>
  readonly events: readonly string[]
  readonly intents: readonly string[]
}

const planned = (
  command: Command,
  run: Planned['run'],
  events: readonly string[],
  intents: readonly string[],
): Planned => ({ command, run, events, intents })

const removal = ['RemoveAccepted', 'Removed', 'Destroyed'] as const

/** Commands on what `oneOfEach` made, in an order in which each can be run. */
const plannedCommands: readonly Planned[] = [
  planned({ type: 'Prepare', key: 'new' }, (s) => s.prepare('new'), ['PrepareAccepted', 'Prepared'], ['CreateLayer']),
  planned(
    { type: 'Prepare', key: 'child', parent: 'committed', labels: { a: '1' } },
    (s) => s.prepare('child', { parent: 'committed', labels: { a: '1' } }),
    ['PrepareAccepted', 'Prepared'],
    ['CreateLayer'],
  ),
  planned(
    { type: 'View', key: 'look', parent: 'committed', purpose: 'unpack' },
    (s) => s.view('look', { parent: 'committed', purpose: 'unpack' }),
    ['PrepareAccepted', 'Prepared'],
    ['CreateLayer'],
  ),
  planned(
    { type: 'Update', name: 'active', labels: { a: '1', b: '2' }, paths: ['labels.a'] },
    (s) => s.update({ name: 'active', labels: { a: '1', b: '2' } }, ['labels.a']),
    ['Updated'],
    [],
  ),
  planned({ type: 'Detach', key: 'active' }, (s) => s.detach('active'), [], []),
  planned(
    { type: 'Attach', key: 'active' },
    (s) => s.attach('active'),
    ['AttachAccepted', 'Attached'],
    ['AttachLayer'],
  ),
  planned({ type: 'Attach', key: 'active' }, (s) => s.attach('active'), [], []),
  planned(
    { type: 'Detach', key: 'active' },
    (s) => s.detach('active'),
    ['DetachAccepted', 'Detached'],
    ['DetachLayer'],
  ),
  planned(
    { type: 'Commit', name: 'name', key: 'active', labels: { a: '1' }, parent: 'committed' },
    (s) => s.commit('name', 'active', { labels: { a: '1' }, parent: 'committed' }),
    ['CommitAccepted', 'Committed'],
    ['SealLayer'],
  ),
  planned({ type: 'Remove', key: 'view' }, (s) => s.remove('view'), removal, ['RetireLayer', 'DestroyLayer']),
]

/** Event data that a plan leaves out because only outcomes know them. */
const fromOutcomes: ReadonlySet<string> = new Set(['usage', 'effective', 'failure'])

const comes = snapshotterCase('plan/what it says is what happens', async (snapshotter) => {
  await oneOfEach(snapshotter)
  for (const { command, run, events, intents } of plannedCommands) {
    const what = `plan of ${JSON.stringify(command)}`
    let plan: Awaited<ReturnType<PromiseSnapshotter['plan']>> = { events: [], intents: [], blockers: [] }
    await recordsNothing(what, snapshotter, async () => {
      plan = await snapshotter.plan(command)
    })
    equal(`${what}: blockers`, plan.blockers, [])
    equal(
      `${what}: events`,
      plan.events.map((event) => event.type),
      events,
    )
    equal(
      `${what}: intents`,
      plan.intents.map((intent) => intent.type),
      intents,
    )
    const records = recordsOf(snapshotter)
    await run(snapshotter)
    await snapshotter.cleanup()
    const happened = records.map(({ type, data }) => ({
      type,
      data: Object.fromEntries(Object.entries(data).filter(([field]) => !fromOutcomes.has(field))),
    }))
    equal(`${what}: what then happened`, happened, plan.events)
  }
})

const refusals = snapshotterCase('plan/refuses as the command would', async (snapshotter) => {
  await oneOfEach(snapshotter)
  const refused: readonly (readonly [Command, string])[] = [
    [{ type: 'Prepare', key: 'active' }, 'AlreadyExists'],
    [{ type: 'Prepare', key: 'new', parent: 'missing' }, 'NotFound'],
    [{ type: 'View', key: 'new', parent: 'active' }, 'InvalidArgument'],
    [{ type: 'Prepare', key: '' }, 'InvalidArgument'],
    [{ type: 'Prepare', key: 'new', parent: 'committed', labels: { [sizeBytes]: 'x' } }, 'InvalidArgument'],
    [{ type: 'Commit', name: 'new', key: 'view' }, 'FailedPrecondition'],
    [{ type: 'Commit', name: 'committed', key: 'active' }, 'AlreadyExists'],
    [{ type: 'Remove', key: 'committed' }, 'FailedPrecondition'],
    [{ type: 'Remove', key: 'missing' }, 'NotFound'],
    [{ type: 'Remove', key: '' }, 'NotFound'],
    [{ type: 'Update', name: 'active', paths: ['kind'] }, 'InvalidArgument'],
    [{ type: 'Attach', key: 'committed' }, 'FailedPrecondition'],
    [{ type: 'Detach', key: 'missing' }, 'NotFound'],
  ]
  for (const [command, tag] of refused) {
    const what = `plan of ${JSON.stringify(command)}`
    await recordsNothing(what, snapshotter, () => rejects(what, snapshotter.plan(command), tag))
  }
})

const usesNoId = snapshotterCase('plan/uses no id', async (snapshotter) => {
  const before = Number(idOf(await snapshotter.prepare('before')))
  for (let time = 0; time < 3; time++) {
    const { intents } = await snapshotter.plan({ type: 'Prepare', key: 'new' })
    equal(
      'the id it would have',
      intents.map((intent) => intent.layer),
      [before + 1],
    )
  }
  equal('the next id', Number(idOf(await snapshotter.prepare('new'))), before + 1)
})

const blocked = snapshotterCase('plan/where the command would wait it names what for', async (snapshotter) => {
  await committed(snapshotter, 'base')
  const commands: readonly Command[] = [
    { type: 'Prepare', key: 'key' },
    { type: 'Commit', name: 'name', key: 'key' },
    { type: 'Commit', name: 'key', key: 'other' },
    { type: 'Prepare', key: 'child', parent: 'key' },
    { type: 'Update', name: 'key' },
    { type: 'Remove', key: 'key' },
    { type: 'Attach', key: 'key' },
  ]
  await snapshotter.prepare('other')
  await whilePending(
    snapshotter,
    'CreateLayer',
    () => snapshotter.prepare('key', { parent: 'base' }),
    async (intent) => {
      // All are asked at once, before the intent can end.
      const plans = commands.map((command) => snapshotter.plan(command))
      const elsewhere = snapshotter.plan({ type: 'Update', name: 'base' })
      for (const [index, plan] of plans.entries())
        equal(`plan of ${JSON.stringify(commands[index])}`, await plan, { events: [], intents: [], blockers: [intent] })
      equal('blockers elsewhere', (await elsewhere).blockers, [])
    },
  )
})

/** Plans: the question what a command would do. */
export const planCases: readonly SnapshotterCase[] = [comes, refusals, usesNoId, blocked]
