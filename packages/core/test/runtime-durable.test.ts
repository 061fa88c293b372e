import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { infoOf, type EventStore, type Info, type Snapshotter } from '@varve/core'
import { entries } from '../src/state/table.js'
import { turns, virtualClock } from './support/clock.js'
import { replayed } from './support/logs.js'
import { arrayStore } from './support/memory.js'
import { commandList, moodyBackend, send } from './support/one-by-one.js'
import { checkAsync } from './support/random.js'
import { infosOf, ok, open } from './support/runtime.js'

/** What the records of a store lead to. */
const toldBy = ({ texts }: { readonly texts: readonly string[] }): readonly Info[] =>
  [...entries(replayed(texts).state.snapshots)]
    .map(([, snapshot]) => infoOf(snapshot))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))

const shown = async (snapshotter: Snapshotter): Promise<readonly Info[]> => [...(await infosOf(snapshotter)).values()]

/** A store whose writes fail from a certain one on, for ever. */
const failingFrom = (inner: ReturnType<typeof arrayStore>, write: number): EventStore => {
  let writes = 0
  return {
    ...inner,
    append: (...args) => {
      if (writes++ >= write) inner.failNext = true
      return inner.append(...args)
    },
  }
}

test('at every moment queries show what the durable log tells, and after a failed write nothing else', async () => {
  const property = fc.asyncProperty(
    commandList,
    fc.nat(),
    fc.integer({ min: 1, max: 60 }),
    async (commands, start, write) => {
      const inner = arrayStore()
      const store = failingFrom(inner, write)
      const snapshotter = await open({ store, backend: moodyBackend(start), clock: virtualClock() })
      let answered = 0
      let stopped = false
      const all = commands.map(async (command) => {
        const result = await send(snapshotter, command)
        answered++
        const isFault = E.isLeft(result) && result.left._tag === 'StoreFault'
        if (!isFault) assert.not.ok(stopped, `${command.type} was answered after the log had stopped`)
        stopped ||= isFault
        assert.equal(await shown(snapshotter), toldBy(inner))
      })
      await turns(60)
      await Promise.all(all)
      assert.is(answered, commands.length)
      inner.failNext = false
      const again = await open({ store: inner, backend: moodyBackend(start + 1), clock: virtualClock() })
      assert.equal(await shown(again), toldBy(inner))
      await ok(again.cleanup())
      assert.equal(await ok(again.outstanding()), [])
      await ok(again.close())
    },
  )
  await checkAsync(property, 40)
})

test('what is done stays done: nothing that was answered is missing after a failed write and an opening', async () => {
  const property = fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 25 }), async (start, write) => {
    const inner = arrayStore()
    const snapshotter = await open({
      store: failingFrom(inner, write),
      backend: moodyBackend(start),
      clock: virtualClock(),
    })
    const keys = Array.from({ length: 12 }, (_, index) => `k${index}`)
    const done: string[] = []
    const life = async (key: string): Promise<void> => {
      const labels = { of: key }
      if (E.isLeft(await snapshotter.prepare(key, { labels })())) return
      done.push(`Active ${key}`)
      if (E.isLeft(await snapshotter.commit(`n-${key}`, key, { labels })())) return
      done.push(`Committed n-${key}`)
    }
    await Promise.all(keys.map(life))
    inner.failNext = false
    const again = await open({ store: inner, clock: virtualClock() })
    const found = new Set([...(await infosOf(again)).values()].map(({ kind, name }) => `${kind} ${name}`))
    for (const one of done) {
      const isThere = found.has(one) || found.has(one.replace('Active ', 'Committed n-'))
      assert.ok(isThere, `${one} was answered, found ${[...found].join(', ')}`)
    }
    await ok(again.close())
  })
  await checkAsync(property, 40)
})

test.run()
