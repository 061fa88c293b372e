import { equal, ok, rejects } from './assert.js'
import {
  committed,
  idOf,
  recordsNothing,
  recordsOf,
  type SnapshotterCase,
  snapshotterCase,
  walkedNames,
} from './fixtures.js'
import { whilePending } from './pending.js'
import type { PromiseSnapshotter } from './subject.js'

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no rejection',
    (error: unknown) => error,
  )

const reason = new Error('the caller gave up')

const aborted = (): AbortSignal => {
  const controller = new AbortController()
  controller.abort(reason)
  return controller.signal
}

const alreadyAborted = snapshotterCase('abort/a signal that has fired records nothing', async (snapshotter) => {
  await committed(snapshotter, 'base')
  await snapshotter.prepare('key')
  await snapshotter.prepare('attached')
  await snapshotter.attach('attached')
  const calls: Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> = {
    prepare: (signal) => snapshotter.prepare('new', { signal }),
    view: (signal) => snapshotter.view('new', { parent: 'base', signal }),
    commit: (signal) => snapshotter.commit('name', 'key', { signal }),
    remove: (signal) => snapshotter.remove('key', { signal }),
    update: (signal) => snapshotter.update({ name: 'key', labels: { a: '1' } }, [], { signal }),
    attach: (signal) => snapshotter.attach('key', { signal }),
    detach: (signal) => snapshotter.detach('attached', { signal }),
  }
  const before = Number(idOf(await snapshotter.prepare('before')))
  for (const [verb, call] of Object.entries(calls))
    await recordsNothing(verb, snapshotter, async () =>
      ok(`${verb} rejects with the signal's reason`, (await errorOf(call(aborted()))) === reason, verb),
    )
  equal('the next id', Number(idOf(await snapshotter.prepare('after'))), before + 1)
})

const malformedFirst = snapshotterCase('abort/malformed input is refused all the same', async (snapshotter) => {
  await rejects('prepare', snapshotter.prepare('', { signal: aborted() }), 'InvalidArgument', 'key')
})

const unfired = snapshotterCase('abort/a signal that never fires changes nothing', async (snapshotter) => {
  const controller = new AbortController()
  await snapshotter.prepare('key', { signal: controller.signal })
  controller.abort(reason)
  equal('what is there', await walkedNames(snapshotter), ['key'])
})

const parked = snapshotterCase('abort/a parked command that is given up records nothing', async (snapshotter) => {
  const records = recordsOf(snapshotter)
  const controller = new AbortController()
  const error = await whilePending(
    snapshotter,
    'CreateLayer',
    () => snapshotter.prepare('key'),
    async () => {
      const removal = errorOf(snapshotter.remove('key', { signal: controller.signal }))
      controller.abort(reason)
      return removal
    },
  )
  ok("a removal rejects with the signal's reason", error === reason, error)
  await snapshotter.update({ name: 'key', labels: { a: '1' } })
  equal(
    'records',
    records.map((record) => record.type),
    ['PrepareAccepted', 'Prepared', 'Updated'],
  )
})

const running = snapshotterCase('abort/an accepted command runs to its end', async (snapshotter) => {
  const controller = new AbortController()
  const prepared = new Promise<void>((resolve) => {
    snapshotter.events$.subscribe((record) => {
      if (record.type === 'Prepared') resolve()
    })
  })
  snapshotter.intents$.subscribe((intent) => {
    if (intent.type === 'CreateLayer') controller.abort(reason)
  })
  const error = await errorOf(snapshotter.prepare('key', { signal: controller.signal }))
  ok("a prepare rejects with the signal's reason", error === reason, error)
  await prepared
  equal('kind', (await snapshotter.stat('key')).kind, 'Active')
})

const calls = (snapshotter: PromiseSnapshotter): Readonly<Record<string, () => Promise<unknown>>> => ({
  prepare: () => snapshotter.prepare('new'),
  view: () => snapshotter.view('new'),
  commit: () => snapshotter.commit('name', 'key'),
  remove: () => snapshotter.remove('key'),
  update: () => snapshotter.update({ name: 'key' }),
  attach: () => snapshotter.attach('key'),
  detach: () => snapshotter.detach('key'),
  stat: () => snapshotter.stat('key'),
  mounts: () => snapshotter.mounts('key'),
  usage: () => snapshotter.usage('key'),
  walk: () => walkedNames(snapshotter),
  plan: () => snapshotter.plan({ type: 'Remove', key: 'key' }),
  outstanding: () => snapshotter.outstanding(),
  cleanup: () => snapshotter.cleanup(),
  'a malformed prepare': () => snapshotter.prepare(''),
  'stat of what is missing': () => snapshotter.stat('missing'),
})

const afterClose = snapshotterCase('close/afterwards every call but close is Closed', async (snapshotter) => {
  await snapshotter.prepare('key')
  await snapshotter.close()
  for (const [verb, call] of Object.entries(calls(snapshotter))) await rejects(verb, call(), 'Closed')
  await snapshotter.close()
})

const runningWalk = snapshotterCase('close/a running walk ends with it', async (snapshotter) => {
  for (const key of ['a', 'b', 'c']) await snapshotter.prepare(key)
  const seen: string[] = []
  const walking = async (): Promise<void> => {
    for await (const info of snapshotter.walk()) {
      seen.push(info.name)
      await snapshotter.close()
    }
  }
  await rejects('the walk', walking(), 'Closed')
  equal('snapshots seen', seen.length, 1)
})

const streamsEnd = snapshotterCase('close/the streams complete', async (snapshotter) => {
  const completed: string[] = []
  snapshotter.events$.subscribe({ complete: () => completed.push('events$') })
  snapshotter.intents$.subscribe({ complete: () => completed.push('intents$') })
  snapshotter.progress$.subscribe({ complete: () => completed.push('progress$') })
  await snapshotter.prepare('key')
  equal('completed before', completed, [])
  await snapshotter.close()
  equal('completed after', completed.sort(), ['events$', 'intents$', 'progress$'])
})

const waits = snapshotterCase('close/waits for what runs and ends what is parked', async (snapshotter) => {
  const records = recordsOf(snapshotter)
  const found = await whilePending(
    snapshotter,
    'CreateLayer',
    () => snapshotter.prepare('key'),
    async () => {
      const removal = rejects('a parked removal', snapshotter.remove('key'), 'Closed')
      const closing = snapshotter.close()
      const late = rejects('a late prepare', snapshotter.prepare('late'), 'Closed')
      await Promise.all([removal, closing, late])
      return records.map((record) => record.type)
    },
  )
  equal('records', found, ['PrepareAccepted', 'Prepared'])
})

const detaches = snapshotterCase('close/detaches what it attached', async (snapshotter) => {
  const records = recordsOf(snapshotter)
  await snapshotter.prepare('key')
  const { files } = await snapshotter.attach('key')
  await files.write('a', 'a')
  await snapshotter.close()
  equal('records', records.map((record) => record.type).slice(-2), ['DetachAccepted', 'Detached'])
})

/** Giving up, and closing. */
export const lifecycleCases: readonly SnapshotterCase[] = [
  alreadyAborted,
  malformedFirst,
  unfired,
  parked,
  running,
  afterClose,
  runningWalk,
  streamsEnd,
  waits,
  detaches,
]
