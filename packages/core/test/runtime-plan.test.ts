import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import type { Command, Recorded } from '@varve/core'
import { turns, virtualClock } from './support/clock.js'
import { commands } from './support/actions.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { isSent, send } from './support/one-by-one.js'
import { checkAsync } from './support/random.js'
import { commitLayer, gatedBackend, ok, open, refused } from './support/runtime.js'

const outcomeData = new Set(['usage', 'effective', 'failure'])

const planned = ({ type, data }: Recorded): unknown => ({
  type,
  data: Object.fromEntries(Object.entries(data).filter(([field]) => !outcomeData.has(field))),
})

test('what is planned is what then happens', async () => {
  let accepted = 0
  const property = fc.asyncProperty(
    fc.array(commands.filter(isSent), { minLength: 15, maxLength: 40 }),
    async (all) => {
      const backend = recordingBackend()
      const snapshotter = await open({ store: arrayStore(), backend, clock: virtualClock() })
      const seen: Recorded[] = []
      snapshotter.events$.subscribe((event) => seen.push(event))
      for (const command of all) {
        const plan = await snapshotter.plan(command)()
        seen.length = 0
        backend.performed.length = 0
        const result = await send(snapshotter, command)
        await ok(snapshotter.cleanup())
        if (E.isLeft(plan)) {
          assert.equal(result, plan)
          continue
        }
        accepted++
        assert.equal(seen.map(planned), plan.right.events)
        assert.equal(backend.performed, plan.right.intents)
        assert.equal(plan.right.blockers, [])
      }
      await ok(snapshotter.close())
    },
  )
  await checkAsync(property, 25)
  assert.ok(accepted > 50, `${accepted} were accepted`)
})

test('a plan executes nothing and uses no id', async () => {
  const store = arrayStore()
  const backend = recordingBackend()
  const snapshotter = await open({ store, backend })
  for (let time = 0; time < 3; time++) {
    const { events, intents } = await ok(snapshotter.plan({ type: 'Prepare', key: 'a', labels: { x: '1', y: '' } }))
    assert.equal(
      events.map(({ type, data }) => [type, data['id']]),
      [
        ['PrepareAccepted', 1],
        ['Prepared', 1],
      ],
    )
    assert.equal(
      intents.map(({ type, id }) => [type, id]),
      [['CreateLayer', '2']],
    )
    assert.equal(events[0]?.data['labels'], { x: '1' })
    assert.equal(Object.keys(events[1]?.data ?? {}), ['id', 'key'])
  }
  await turns()
  assert.equal([store.texts.length, backend.performed.length], [1, 0])
  await ok(snapshotter.close())
})

test('a plan of a removal goes on to the destruction', async () => {
  const snapshotter = await open()
  await ok(snapshotter.prepare('a'))
  const { events, intents } = await ok(snapshotter.plan({ type: 'Remove', key: 'a' }))
  assert.equal(
    events.map(({ type }) => type),
    ['RemoveAccepted', 'Removed', 'Destroyed'],
  )
  assert.equal(
    intents.map(({ type }) => type),
    ['RetireLayer', 'DestroyLayer'],
  )
  await ok(snapshotter.close())
})

test('a refusal of a plan is that of the command', async () => {
  const snapshotter = await open()
  for (const [command, tag] of [
    [{ type: 'Remove', key: 'none' }, 'NotFound'],
    [{ type: 'Remove', key: '' }, 'NotFound'],
    [{ type: 'Prepare', key: '' }, 'InvalidArgument'],
    [{ type: 'Prepare', key: 'a', parent: 'none' }, 'NotFound'],
    [{ type: 'Destroy', key: 'a' } as unknown as Command, 'InvalidArgument'],
  ] as const) {
    assert.is((await refused(snapshotter.plan(command)))._tag, tag)
  }
  await ok(snapshotter.close())
})

test('where the command would wait, the plan names the intents it would wait for', async () => {
  const backend = gatedBackend()
  const snapshotter = await open({ backend })
  const prepare = ok(snapshotter.prepare('a'))
  await turns()
  const waits = { events: [], intents: [], blockers: [...backend.performed] }
  const [created] = backend.performed
  assert.is(created?.type, 'CreateLayer')
  assert.equal(await ok(snapshotter.plan({ type: 'Commit', name: 'n', key: 'a' })), waits)
  assert.equal(await ok(snapshotter.plan({ type: 'Prepare', key: 'a' })), waits)
  assert.equal(await ok(snapshotter.plan({ type: 'Prepare', key: 'b', parent: 'a' })), waits)
  assert.equal((await ok(snapshotter.plan({ type: 'Prepare', key: 'b' }))).blockers, [])
  await backend.releaseAll()
  await prepare
  assert.equal((await ok(snapshotter.plan({ type: 'Commit', name: 'n', key: 'a' }))).blockers, [])
  await ok(snapshotter.close())
})

test('a command that would wait behind a parked one waits for what that one waits for', async () => {
  const backend = gatedBackend()
  const snapshotter = await open({ backend })
  const calls = [ok<unknown>(snapshotter.prepare('a')), ok<unknown>(snapshotter.commit('n', 'a'))]
  await turns()
  const { events, blockers } = await ok(snapshotter.plan({ type: 'Prepare', key: 'b', parent: 'n' }))
  assert.equal([events, blockers], [[], [...backend.performed]])
  await backend.releaseAll()
  await Promise.all(calls)
  await ok(snapshotter.close())
})

test('a command that would wait behind one that waits behind another waits too', async () => {
  const backend = gatedBackend(({ type }) => type === 'CreateLayer')
  const snapshotter = await open({ backend })
  const other = ok(snapshotter.prepare('b'))
  await turns()
  await backend.release()
  await other
  const calls = [
    ok<unknown>(snapshotter.prepare('a')),
    ok<unknown>(snapshotter.commit('n', 'a')),
    refused(snapshotter.commit('n', 'b')),
  ]
  await turns()
  const [, creating] = backend.performed
  assert.is(creating?.type === 'CreateLayer' ? creating.key : '', 'a')
  const { events, blockers } = await ok(snapshotter.plan({ type: 'Update', name: 'b', labels: { x: '1' } }))
  const unrelated = await ok(snapshotter.plan({ type: 'Prepare', key: 'c' }))
  await backend.releaseAll()
  await Promise.all(calls)
  await ok(snapshotter.close())
  assert.equal(unrelated.blockers, [])
  assert.equal(events, [], 'the update of b waits for the commit of b, which waits for that of a')
  assert.equal(blockers, [creating])
})

test('a plan sees what is accepted and not yet complete', async () => {
  const snapshotter = await open()
  await commitLayer(snapshotter, 'base')
  const update = ok(snapshotter.update({ name: 'base', labels: { x: '1' } }))
  const { events } = await ok(
    snapshotter.plan({ type: 'Update', name: 'base', labels: { y: '2' }, paths: ['labels.y'] }),
  )
  assert.equal(events, [{ type: 'Updated', data: { key: 'base', labels: { x: '1', y: '2' } } }])
  await update
  await ok(snapshotter.close())
})

test.run()
