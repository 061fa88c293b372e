import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Info, Refused, Snapshotter } from '@varve/core'
import { virtualClock } from './support/clock.js'
import { recordingBackend } from './support/memory.js'
import { commitLayer, ending, infosOf, ok, open } from './support/runtime.js'

const nameOf = (info: Either<Refused, Info>): string => (E.isLeft(info) ? info.left._tag : info.right.name)

const fill = async (snapshotter: Snapshotter, count: number): Promise<void> => {
  const keys = Array.from({ length: count }, (_, index) => `k${index}`)
  for (let from = 0; from < count; from += 1_000) {
    await Promise.all(keys.slice(from, from + 1_000).map((key) => ok(snapshotter.prepare(key))))
  }
}

const many = async (count: number): Promise<Snapshotter> => {
  const snapshotter = await open({ clock: virtualClock() })
  await fill(snapshotter, count)
  return snapshotter
}

const walked = async (snapshotter: Snapshotter, filters?: readonly string[]): Promise<readonly string[]> => {
  const names: string[] = []
  for await (const info of snapshotter.walk(filters)) names.push(nameOf(info))
  return names.sort()
}

test('a walk of nothing visits nothing', async () => {
  const snapshotter = await open()
  assert.equal(await walked(snapshotter), [])
  await ok(snapshotter.close())
})

test('a walk visits every kind, or those that any filter matches', async () => {
  const snapshotter = await open()
  await commitLayer(snapshotter, 'base')
  await ok(snapshotter.prepare('a', { parent: 'base', labels: { team: 'x' } }))
  await ok(snapshotter.view('v', { parent: 'base' }))
  assert.equal(await walked(snapshotter), ['a', 'base', 'v'])
  assert.equal(await walked(snapshotter, []), ['a', 'base', 'v'])
  assert.equal(await walked(snapshotter, ['kind==view', 'labels.team==x']), ['a', 'v'])
  assert.equal(await walked(snapshotter, ['name==none']), [])
  assert.equal(await walked(snapshotter, ['kind==view', 'kind=']), ['InvalidArgument'])
  await ok(snapshotter.close())
})

test('a walk shows the moment of its first step, whatever happens meanwhile', async () => {
  const snapshotter = await many(1_200)
  const walk = snapshotter.walk()[Symbol.asyncIterator]()
  await ok(snapshotter.prepare('before'))
  const seen = [nameOf((await walk.next()).value as Either<Refused, Info>)]
  await Promise.all(Array.from({ length: 300 }, (_, index) => ok(snapshotter.remove(`k${index * 3}`))))
  await ok(snapshotter.prepare('after'))
  await ok(snapshotter.commit('committed', 'k1'))
  for (let next = await walk.next(); next.done !== true; next = await walk.next()) seen.push(nameOf(next.value))
  assert.is(seen.length, 1_201)
  assert.ok(seen.includes('before') && seen.includes('k0') && seen.includes('k1') && !seen.includes('after'))
  const now = await infosOf(snapshotter)
  assert.is(now.size, 1_202 - 300)
  assert.ok(now.has('committed') && now.has('after') && !now.has('k0') && !now.has('k1'))
  await ok(snapshotter.close())
})

test('commands and queries inside a walk work', async () => {
  const snapshotter = await open()
  for (const key of ['a', 'b', 'c']) await ok(snapshotter.prepare(key))
  const seen: string[] = []
  for await (const info of snapshotter.walk()) {
    const name = nameOf(info)
    seen.push(name)
    assert.is((await ok(snapshotter.stat(name))).name, name)
    await ok(snapshotter.usage(name))
    await ok(snapshotter.prepare(`${name}-more`))
    await ok(snapshotter.remove(name))
  }
  assert.equal(seen.sort(), ['a', 'b', 'c'])
  assert.equal(await walked(snapshotter), ['a-more', 'b-more', 'c-more'])
  await ok(snapshotter.close())
})

test('a long walk gives others their turn', async () => {
  const clock = virtualClock()
  let yields = 0
  const snapshotter = await open({
    clock: {
      ...clock,
      yield: () => {
        yields++
        return clock.yield()
      },
    },
  })
  await fill(snapshotter, 1_200)
  yields = 0
  await walked(snapshotter, ['name==none'])
  assert.is(yields, 1)
  await ok(snapshotter.close())
})

test('a slow walk gives others their turn sooner', async () => {
  const clock = virtualClock()
  let yields = 0
  let time = 0n
  const snapshotter = await open({
    clock: {
      ...clock,
      now: () => clock.now() + (time += 4_000_000n),
      yield: () => {
        yields++
        return clock.yield()
      },
    },
  })
  await fill(snapshotter, 30)
  yields = 0
  assert.is((await walked(snapshotter)).length, 30)
  assert.ok(yields >= 6 && yields <= 15, `${yields} turns in 30 entries of 4 ms each, after every 10 ms`)
  await ok(snapshotter.close())
})

test('a walk that is left early, or run twice at once, harms nothing', async () => {
  const snapshotter = await many(10)
  for await (const info of snapshotter.walk()) {
    assert.ok(E.isRight(info))
    break
  }
  const [one, other] = await Promise.all([walked(snapshotter), walked(snapshotter)])
  assert.is(one.length, 10)
  assert.equal(one, other)
  await ok(snapshotter.close())
})

test('a running walk ends when the snapshotter closes', async () => {
  const snapshotter = await many(10)
  const walk = snapshotter.walk()[Symbol.asyncIterator]()
  assert.ok(E.isRight((await walk.next()).value as Either<Refused, Info>))
  await ok(snapshotter.close())
  assert.is(nameOf((await walk.next()).value as Either<Refused, Info>), 'Closed')
  assert.is((await walk.next()).done, true)
})

test('usage is counted while a snapshot is at rest, else as recorded', async () => {
  const live = { size: 77, inodes: 0, onDisk: 88, scratch: 0 }
  const recorded = { size: 4, inodes: 0, onDisk: 4, scratch: 0 }
  const backend = { ...recordingBackend(), usage: () => async () => E.right(live) }
  const snapshotter = await open({ backend })
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.view('v'))
  assert.equal(await ok(snapshotter.usage('a')), live)
  assert.equal(await ok(snapshotter.usage('v')), live)
  await ok(snapshotter.attach('a'))
  assert.equal(await ok(snapshotter.usage('a')), recorded)
  await ok(snapshotter.detach('a'))
  assert.equal(await ok(snapshotter.usage('a')), live)
  await ok(snapshotter.commit('n', 'a'))
  assert.equal(await ok(snapshotter.usage('n')), recorded)
  assert.is(await ending(snapshotter.usage('a')), 'NotFound')
  await ok(snapshotter.close())
})

test('what a query answers is the caller’s own: changing it changes nothing here', async () => {
  const snapshotter = await open()
  await ok(snapshotter.prepare('a', { labels: { x: '1' } }))
  const spoil = (info: Info): void => {
    try {
      Object.assign(info.labels, { x: '2', y: 7 })
      Object.assign(info, { kind: 'Committed' })
    } catch {
      // Frozen is as good as copied.
    }
  }
  const isAsBefore = async (labels: Info['labels']): Promise<void> => {
    const { kind, labels: found } = await ok(snapshotter.stat('a'))
    assert.equal([kind, found], ['Active', labels])
  }
  spoil(await ok(snapshotter.stat('a')))
  await isAsBefore({ x: '1' })
  for await (const info of snapshotter.walk()) if (E.isRight(info)) spoil(info.right)
  await isAsBefore({ x: '1' })
  spoil(await ok(snapshotter.update({ name: 'a', labels: { z: '3' } })))
  await isAsBefore({ z: '3' })
  await ok(snapshotter.close())
})

test.run()
