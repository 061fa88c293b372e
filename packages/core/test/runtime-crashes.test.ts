import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Backend, EventStore, Refused, Snapshotter } from '@varve/core'
import { turns, virtualClock } from './support/clock.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { shapesOf } from './support/one-by-one.js'
import { ending, ok, open, recordsOf, withExecute } from './support/runtime.js'

type Step = readonly [what: string, call: (snapshotter: Snapshotter) => TaskEither<Refused, unknown>]

/** A run with every command, each of which needs those before it. */
const script: readonly Step[] = [
  ['prepare', (s) => s.prepare('a', { labels: { x: '1' } })],
  ['attach', (s) => s.attach('a')],
  ['detach', (s) => s.detach('a')],
  ['commit', (s) => s.commit('base', 'a', { labels: { y: '2' } })],
  ['prepare on it', (s) => s.prepare('b', { parent: 'base' })],
  ['update', (s) => s.update({ name: 'b', labels: { z: '3' } })],
  ['attach again', (s) => s.attach('b')],
  ['view', (s) => s.view('v', { parent: 'base' })],
  ['remove the attached', (s) => s.remove('b')],
  ['prepare to rebase', (s) => s.prepare('c')],
  ['rebase', (s) => s.commit('top', 'c', { parent: 'base' })],
  ['remove', (s) => s.remove('v')],
]

const never = new Promise<never>(() => undefined)

/** Where the process dies: in which write, before or after it is durable, or in which run of an intent. */
type Death = { readonly append: number; readonly written: boolean } | { readonly execute: number }

type World = {
  readonly options: { readonly store: EventStore; readonly backend: Backend }
  readonly isDead: () => boolean
}

/** A store and a backend of a process that dies there. Dead, they answer nothing any more. */
const dyingWorld = (inner: ReturnType<typeof arrayStore>, death: Death): World => {
  let [appends, executes] = [0, 0]
  let dead = false
  const good = recordingBackend()
  const append: EventStore['append'] =
    (...args) =>
    async () => {
      const isLast = 'append' in death && appends++ === death.append
      if (isLast && !death.written) dead = true
      if (dead) return never
      const result = await inner.append(...args)()
      if (!isLast) return result
      dead = true
      return never
    }
  const execute: Backend['execute'] =
    (...args) =>
    async () => {
      if ('execute' in death && executes++ === death.execute) dead = true
      return dead ? never : good.execute(...args)()
    }
  return { options: { store: { ...inner, append }, backend: withExecute(execute) }, isDead: () => dead }
}

/** Runs the script up to the death; answers how many steps were acknowledged. */
const runUntilDeath = async (world: World): Promise<number> => {
  const opened = await Promise.race([
    open({ ...world.options, clock: virtualClock() }),
    turns(40).then(() => undefined),
  ])
  if (opened === undefined) return 0
  let acknowledged = 0
  for (const [, call] of script) {
    const ended = await Promise.race([call(opened)(), turns(40).then(() => undefined)])
    if (ended === undefined) break
    if (E.isLeft(ended)) throw new Error(ended.left.message)
    acknowledged++
  }
  return acknowledged
}

/** What the whole script leads to when nothing dies, after each number of steps. */
const undisturbed = async (): Promise<readonly unknown[]> => {
  const snapshotter = await open({ clock: virtualClock() })
  const all = [await shapesOf(snapshotter)]
  for (const [, call] of script) {
    await ok(call(snapshotter))
    all.push(await shapesOf(snapshotter))
  }
  await ok(snapshotter.close())
  return all
}

let shapes: readonly unknown[] = []

test.before(async () => {
  shapes = await undisturbed()
})

/** Opens again what died; everything acknowledged is there, the next step is done or can be done, nothing is left over. */
const recovers = async (inner: ReturnType<typeof arrayStore>, acknowledged: number, what: string): Promise<void> => {
  const before = inner.texts.length
  const snapshotter = await open({ store: inner, clock: virtualClock() })
  assert.equal(snapshotter.recovered, recordsOf(inner).slice(before, before + snapshotter.recovered.length), what)
  await ok(snapshotter.cleanup())
  assert.equal(await ok(snapshotter.outstanding()), [], what)
  const found = await shapesOf(snapshotter)
  const isOneOf = [acknowledged, acknowledged + 1].some(
    (steps) => JSON.stringify(shapes[steps]) === JSON.stringify(found),
  )
  assert.ok(isOneOf, `${what}: ${acknowledged} steps were acknowledged, found ${JSON.stringify(found)}`)
  for (const [, call] of script.slice(acknowledged)) await call(snapshotter)()
  assert.equal(await shapesOf(snapshotter), shapes.at(-1), what)
  await ok(snapshotter.close())
  const ids = recordsOf(inner).flatMap(({ type, data }) => (type === 'PrepareAccepted' ? [data.id] : []))
  assert.equal(
    ids,
    ids.map((_, index) => index + 1),
    what,
  )
}

/** Dies in the first place, then the second… until the script runs through. */
const diesEverywhere = async (deathAt: (place: number) => Death): Promise<number> => {
  for (let place = 0; ; place++) {
    const death = deathAt(place)
    const inner = arrayStore()
    const world = dyingWorld(inner, death)
    const acknowledged = await runUntilDeath(world)
    if (!world.isDead()) {
      assert.is(acknowledged, script.length)
      return place
    }
    await recovers(inner, acknowledged, JSON.stringify(death))
  }
}

test('a death before any write is made good by the next opening', async () => {
  const places = await diesEverywhere((append) => ({ append, written: false }))
  assert.ok(places >= 23, `it died in ${places} places`)
})

test('a death after any write, before anybody is told, is made good by the next opening', async () => {
  const places = await diesEverywhere((append) => ({ append, written: true }))
  assert.ok(places >= 23, `it died in ${places} places`)
})

test('a death during any intent is made good by the next opening', async () => {
  const places = await diesEverywhere((execute) => ({ execute }))
  assert.ok(places >= 11, `it died in ${places} places`)
})

test('deaths during one recovery after the other are made good in the end', async () => {
  for (let place = 0; place < 12; place++) {
    const inner = arrayStore()
    const acknowledged = await runUntilDeath(dyingWorld(inner, { execute: place }))
    for (let again = 0; again < 3; again++) {
      const world = dyingWorld(inner, again % 2 === 0 ? { execute: 0 } : { append: 0, written: true })
      await Promise.race([open({ ...world.options, clock: virtualClock() }), turns(40)])
    }
    await recovers(inner, acknowledged, `intent ${place}, then three deaths while opening`)
  }
})

test('after the deaths a step that was done is refused as documented', async () => {
  const inner = arrayStore()
  const first = await open({ store: inner })
  await ok(first.prepare('a'))
  const second = await open({ store: inner })
  assert.is(await ending(second.prepare('a')), 'AlreadyExists')
  await ok(second.close())
})

test.run()
