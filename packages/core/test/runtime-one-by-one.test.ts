import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import type { Command } from '@varve/core'
import { turns, virtualClock } from './support/clock.js'
import { arrayStore } from './support/memory.js'
import { commandList, moodyBackend, send, shapesOf, told } from './support/one-by-one.js'
import { checkAsync, randomFrom } from './support/random.js'
import { infosOf, ok, open, recordsOf, watchedStore } from './support/runtime.js'

type Outcome = { readonly ends: readonly string[]; readonly snapshots: unknown; readonly attached: readonly string[] }

/** Sends the commands, waiting after each as `pause` says, and tells how they ended and what is there then. */
const run = async (commands: readonly Command[], start: number, pause: 'each' | 'some' | 'none'): Promise<Outcome> => {
  const { store, broken } = watchedStore()
  const snapshotter = await open({ store, backend: moodyBackend(start), clock: virtualClock() })
  const random = randomFrom(start)
  const results: ReturnType<typeof send>[] = []
  for (const command of commands) {
    const result = send(snapshotter, command)
    results.push(result)
    if (pause === 'each') await result
    if (pause === 'some') await turns(Math.floor(random() * 4))
  }
  const ends = (await Promise.all(results)).map(told)
  const snapshots = await shapesOf(snapshotter)
  const attached: string[] = []
  snapshotter.events$.subscribe((event) => {
    if (event.type === 'DetachAccepted') attached.push(event.data.key)
  })
  await ok(snapshotter.cleanup())
  assert.equal(await ok(snapshotter.outstanding()), [])
  await ok(snapshotter.close())
  assert.equal(broken, [])
  return { ends, snapshots, attached: attached.sort() }
}

const sameAsOneByOne = async (commands: readonly Command[], start: number, pause: 'some' | 'none'): Promise<void> => {
  const expected = await run(commands, start, 'each')
  const found = await run(commands, start + 1, pause)
  for (const [index, end] of found.ends.entries()) {
    assert.is(end, expected.ends[index], `command ${index}: ${JSON.stringify(commands[index])}`)
  }
  assert.equal(found.snapshots, expected.snapshots)
  assert.equal(found.attached, expected.attached)
}

test('commands sent without awaiting end as if they had been sent one by one', async () => {
  await checkAsync(
    fc.asyncProperty(commandList, fc.nat(), (commands, start) => sameAsOneByOne(commands, start, 'none')),
    120,
  )
})

test('commands sent now and then, while others are under way, end so too', async () => {
  await checkAsync(
    fc.asyncProperty(commandList, fc.nat(), (commands, start) => sameAsOneByOne(commands, start, 'some')),
    60,
  )
})

test('what is there after a run is there again, read from the log or from the checkpoint', async () => {
  const property = fc.asyncProperty(commandList, fc.nat(), async (commands, start) => {
    const store = arrayStore()
    const snapshotter = await open({ store, backend: moodyBackend(start), clock: virtualClock() })
    await Promise.all(commands.map((command) => send(snapshotter, command)))
    await ok(snapshotter.cleanup())
    const expected = await infosOf(snapshotter)
    const lastId = recordsOf(store).filter(({ type }) => type === 'PrepareAccepted').length
    await ok(snapshotter.close())
    for (const source of ['checkpoint', 'log']) {
      if (source === 'log') store.rowsKept.clear()
      const again = await open({ store, clock: virtualClock() })
      assert.equal(await infosOf(again), expected, source)
      assert.equal(await ok(again.outstanding()), [], source)
      const { events } = await ok(again.plan({ type: 'Prepare', key: 'new' }))
      assert.is(events[0]?.data['id'], lastId + 1, source)
    }
  })
  await checkAsync(property, 30)
})

test.run()
