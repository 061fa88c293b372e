import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { find, infoOf, type Moment } from '@varve/core'
import { openHistory as openPromised } from '@varve/core/promise'
import { logCreated, preparing } from './support/events.js'
import { sealed } from './support/logs.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { ok, open, refused, rejection } from './support/runtime.js'
import { decided, historyOf, longLog, storeOf } from './support/histories.js'

/** All that a moment answers about its snapshots. */
const answersOf = async (moment: Moment): Promise<unknown> => {
  const layout = { root: '/layers', separator: '/' } as const
  const infos: unknown[] = []
  for await (const info of moment.walk(['kind==active'])) infos.push(info)
  return {
    infos,
    stat: moment.stat('a'),
    missing: moment.stat('none'),
    malformed: moment.stat('a\0'),
    mounts: moment.mounts('a', layout),
    usage: moment.usage('a'),
    outstanding: moment.outstanding(),
    badFilter: await (async () => {
      for await (const info of moment.walk(['x=='])) return info._tag
      return 'none'
    })(),
  }
}

test('what is outstanding comes in the order in which it was asked for', async () => {
  const events = Array.from({ length: 40 }, (_, index) => preparing(index + 1, `k${index}`))
  const history = await historyOf(sealed(decided([logCreated, ...events])))
  const intents = (await ok(history.at(30))).outstanding()
  assert.equal(
    intents.map(({ id }) => id),
    Array.from({ length: 29 }, (_, index) => String(index + 2)),
  )
})

test('a moment is asked as the snapshotter was', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store, backend: recordingBackend() })
  await ok(snapshotter.prepare('a', { labels: { x: '1' } }))
  const seq = store.texts.length
  const [stat, mounts] = [await ok(snapshotter.stat('a')), await ok(snapshotter.mounts('a'))]
  await ok(snapshotter.remove('a'))
  const live = await ok(snapshotter.history())
  const moment = await ok(live.at(seq))
  assert.equal(await answersOf(moment), {
    infos: [E.right(stat)],
    stat: E.right(stat),
    missing: E.left({ _tag: 'NotFound', message: 'snapshot none: not found' }),
    malformed: moment.stat('a\0'),
    mounts: E.right(mounts),
    usage: E.right({ size: 4, inodes: 0, onDisk: 4, scratch: 0 }),
    outstanding: [],
    badFilter: 'Left',
  })
  const malformed = moment.stat('a\0')
  assert.is(E.isLeft(malformed) && malformed.left._tag, 'InvalidArgument')
  assert.equal(
    (await ok(live.at(2))).outstanding().map(({ type }) => type),
    ['CreateLayer'],
  )
  await ok(live.close())
  await ok(snapshotter.prepare('still open'))
  await ok(snapshotter.close())
})

test('the history of a running snapshotter stands for the log as it was', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  await ok(snapshotter.prepare('a'))
  const history = await ok(snapshotter.history())
  await ok(snapshotter.prepare('b'))
  assert.is(history.head.seq, 3)
  const last = await ok(history.at('9999-01-01T00:00:00Z'))
  assert.equal([last.stat('a')._tag, last.stat('b')._tag], ['Right', 'Left'])
  assert.is((await refused(history.at(4)))._tag, 'InvalidArgument')
  await ok(history.close())
  await ok(snapshotter.prepare('c'))
  await ok(snapshotter.close())
  assert.is((await refused(snapshotter.history()))._tag, 'Closed')
})

test('as promises', async () => {
  const history = await openPromised(storeOf(longLog))
  const moment = await history.at(longLog.length)
  assert.equal(E.right(await moment.stat('a')), E.map(infoOf)(find(moment.state, 'a')))
  assert.is((await moment.usage('a')).size, 4_096)
  assert.is((await moment.mounts('a', { root: 'C:\\varve', separator: '\\' }))[0]?.source, 'C:\\varve\\snapshots\\2')
  assert.is((await rejection(moment.stat('none')))['_tag'], 'NotFound')
  const names: string[] = []
  for await (const { name } of moment.walk()) names.push(name)
  assert.equal(names.sort(), ['a', 'base'])
  assert.is((await rejection(history.at(-1)))['_tag'], 'InvalidArgument')
  const { before, after } = (await history.diff(6, 7)).changed[0]?.fields[0] ?? {}
  assert.equal([before, after], ['0', '1'])
  assert.is((await history.explain('a')).now, 'Active')
  await history.close()
})

test.run()
