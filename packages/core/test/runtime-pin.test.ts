import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { getEventListeners } from 'node:events'
import type { ByteStream, Failure } from '@varve/core'
import { descriptorFor, textBytes } from './support/blobs.js'
import { turns } from './support/clock.js'
import { accessDenied } from './support/events.js'
import { built, gate, openLayers, prepareUnpack, type Gate } from './support/layers.js'
import { ending, hasEnded, ok, refused, typesOf } from './support/runtime.js'

/** An export that stops in its middle until the gate opens or it is told to stop. */
async function* gated({ opened }: Gate, signal: AbortSignal): ByteStream<Failure> & AsyncGenerator {
  yield E.right(textBytes('the first half'))
  await Promise.race([opened, new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))])
  if (!signal.aborted) yield E.right(textBytes('the second'))
}

/** Layers whose exports wait for the gate. */
const comparing = async () => {
  const shut = gate()
  const opened = await built({ hooks: { exports: (_layer, { signal }) => gated(shut, signal) } })
  return { ...opened, shut }
}

test('commands that would change a layer wait while it is compared, in their order', async () => {
  const { snapshotter, active, shut, store } = await comparing()
  const order: string[] = []
  const noted = async (
    what: string,
    task: () => Promise<E.Either<{ readonly _tag: string }, unknown>>,
  ): Promise<void> => {
    order.push(`${what} ${await ending(task)}`)
  }
  const before = store.texts.length
  const compare = noted('compare', snapshotter.compare(active.lower, active.upper))
  await turns()
  const waiting = [
    noted('attach', snapshotter.attach('a')),
    noted('update', snapshotter.update({ name: 'a', labels: { x: '1' } })),
    noted('detach', snapshotter.detach('a')),
    noted('commit', snapshotter.commit('n', 'a')),
    noted('view', snapshotter.view('v', { parent: 'n' })),
    noted('remove', snapshotter.remove('v')),
    noted('prepare', snapshotter.prepare('a')),
  ]
  await turns()
  assert.equal([order, store.texts.length], [[], before])
  await shut.open()
  await Promise.all([compare, ...waiting])
  assert.is(order[0], 'compare done')
  assert.ok(
    order.every((one) => one.endsWith(' done')),
    order.join(),
  )
  assert.equal(
    typesOf(store)
      .slice(before)
      .filter((type) => type.endsWith('Accepted') || type === 'Updated'),
    [
      'AttachAccepted',
      'Updated',
      'DetachAccepted',
      'CommitAccepted',
      'PrepareAccepted',
      'PrepareAccepted',
      'RemoveAccepted',
    ],
  )
  await ok(snapshotter.close())
})

test('each command that would change a layer waits for the comparison of it', async () => {
  for (const verb of ['attach', 'commit', 'remove'] as const) {
    const { snapshotter, active, shut } = await comparing()
    const compare = ending(snapshotter.compare(active.lower, active.upper))
    await turns()
    const command = ending(verb === 'commit' ? snapshotter.commit('n', 'a') : snapshotter[verb]('a'))
    assert.not.ok(await hasEnded(command), verb)
    assert.not.ok(await hasEnded(compare))
    await shut.open()
    assert.equal([await compare, await command], ['done', 'done'])
    await ok(snapshotter.close())
  }
})

test('an apply to a layer that is being compared waits, and so does a remove of a committed one', async () => {
  const shut = gate()
  const { snapshotter, content } = await openLayers({ hooks: { exports: (_layer, { signal }) => gated(shut, signal) } })
  const tar = textBytes('a tar')
  content.put(tar)
  const empty = await prepareUnpack(snapshotter, 'empty')
  await ok(snapshotter.prepare('k'))
  await ok(snapshotter.commit('n', 'k'))
  const nothing = await ok(snapshotter.view('nothing'))
  const compares = [
    ending(snapshotter.compare(nothing, empty)),
    ending(snapshotter.compare(nothing, await ok(snapshotter.view('of n', { parent: 'n' })))),
  ]
  await ok(snapshotter.remove('of n'))
  await turns()
  const apply = ending(snapshotter.apply(descriptorFor(tar), empty))
  const remove = ending(snapshotter.remove('n'))
  assert.not.ok((await hasEnded(apply)) || (await hasEnded(remove)))
  await shut.open()
  assert.equal(await Promise.all([...compares, apply, remove]), ['done', 'done', 'done', 'done'])
  await ok(snapshotter.close())
})

test('what does not change the layer goes on while it is compared', async () => {
  const { snapshotter, sealed, active, shut } = await comparing()
  const compares = [
    ending(snapshotter.compare(sealed.lower, sealed.upper)),
    ending(snapshotter.compare(active.lower, active.upper)),
  ]
  await turns()
  await ok(snapshotter.update({ name: 'middle', labels: { x: '1' } }))
  await ok(snapshotter.update({ name: 'a', labels: { x: '1' } }))
  await ok(snapshotter.view('v', { parent: 'middle' }))
  await ok(snapshotter.prepare('p', { parent: 'middle' }))
  await ok(snapshotter.commit('q', 'p'))
  await ok(snapshotter.remove('of middle'))
  await ok(snapshotter.remove('of base'))
  await ok(snapshotter.detach('a'))
  for (const name of ['a', 'middle']) assert.equal((await ok(snapshotter.stat(name))).labels, { x: '1' })
  await ok(snapshotter.mounts('a'))
  await ok(snapshotter.cleanup())
  await shut.open()
  assert.equal(await Promise.all(compares), ['done', 'done'])
  await ok(snapshotter.close())
})

test('a layer that is compared twice is kept until both have ended', async () => {
  const gates = [gate(), gate()]
  let exports = 0
  const { snapshotter, active } = await built({
    hooks: { exports: (_layer, { signal }) => gated(gates[exports++] ?? gate(), signal) },
  })
  const compares = [0, 1].map(() => ending(snapshotter.compare(active.lower, active.upper)))
  await turns()
  const commit = ending(snapshotter.commit('n', 'a'))
  await gates[0]?.open()
  assert.is(await compares[0], 'done')
  assert.not.ok(await hasEnded(commit))
  await gates[1]?.open()
  assert.equal([await compares[1], await commit], ['done', 'done'])
  await ok(snapshotter.close())
})

test('a comparison that fails lets go of its layer', async () => {
  const { snapshotter, active } = await built({
    hooks: {
      exports: async function* () {
        yield E.left(accessDenied)
      },
    },
  })
  const compare = ending(snapshotter.compare(active.lower, active.upper))
  const commit = ending(snapshotter.commit('n', 'a'))
  assert.equal([await compare, await commit], ['BackendFault', 'done'])
  await ok(snapshotter.close())
})

/** A snapshotter in which intents of some type wait for a gate. */
const holding = async (type: string) => {
  const shut = gate()
  let isOn = false
  const opened = await built({
    hooks: { before: async (intent) => (isOn && intent.type === type ? shut.opened.then(() => undefined) : undefined) },
  })
  isOn = true
  return { ...opened, shut }
}

test('a comparison waits for a commit that is under way, and then compares what it made', async () => {
  const { snapshotter, active, shut, backend } = await holding('SealLayer')
  const commit = ending(snapshotter.commit('n', 'a'))
  const compare = ending(snapshotter.compare(active.lower, active.upper))
  await turns()
  assert.is(backend.exported.length, 0)
  await shut.open()
  assert.equal([await commit, await compare, backend.exported.length], ['done', 'done', 1])
  await ok(snapshotter.close())
})

test('a comparison waits for an attach that is under way, and then is refused', async () => {
  const { snapshotter, active, shut, backend } = await holding('AttachLayer')
  const attach = ending(snapshotter.attach('a'))
  const compare = ending(snapshotter.compare(active.lower, active.upper))
  assert.not.ok(await hasEnded(compare))
  await shut.open()
  assert.equal([await attach, await compare, backend.exported.length], ['done', 'FailedPrecondition', 0])
  await ok(snapshotter.close())
})

test('a comparison of what is being removed does not find it', async () => {
  const { snapshotter, active, shut } = await holding('RetireLayer')
  const remove = ending(snapshotter.remove('a'))
  const compare = ending(snapshotter.compare(active.lower, active.upper))
  assert.not.ok(await hasEnded(compare))
  await shut.open()
  assert.equal([await remove, await compare], ['done', 'NotFound'])
  await ok(snapshotter.close())
})

test('a comparison waits behind commands that wait, and those that come later wait behind it', async () => {
  const { snapshotter, active, shut, store } = await holding('AttachLayer')
  const before = store.texts.length
  const ends = [ending(snapshotter.attach('a')), ending(snapshotter.detach('a'))]
  ends.push(ending(snapshotter.compare(active.lower, active.upper)))
  await turns()
  ends.push(ending(snapshotter.remove('a')))
  await turns()
  assert.is(store.texts.length, before + 1)
  assert.equal((await ok(snapshotter.plan({ type: 'Update', name: 'a' }))).blockers.length, 1)
  await shut.open()
  assert.equal(await Promise.all(ends), ['done', 'done', 'done', 'done'])
  await ok(snapshotter.close())
})

test('a comparison that waits ends with its signal, and what waited only behind it goes on', async () => {
  const { snapshotter, active, shut, backend } = await holding('AttachLayer')
  const abort = new AbortController()
  const attach = ending(snapshotter.attach('a'))
  const compare = refused(snapshotter.compare(active.lower, active.upper, { signal: abort.signal }))
  await turns()
  const update = ending(snapshotter.update({ name: 'a' }))
  assert.not.ok(await hasEnded(compare))
  abort.abort('enough')
  assert.equal(await compare, { _tag: 'Aborted', message: 'the caller stopped waiting', reason: 'enough' })
  assert.is(await update, 'done')
  assert.is(getEventListeners(abort.signal, 'abort').length, 0)
  await shut.open()
  assert.equal([await attach, backend.exported.length], ['done', 0])
  await ok(snapshotter.detach('a'))
  await ok(snapshotter.commit('n', 'a'))
  await ok(snapshotter.close())
})

test('a comparison that is under way ends with its signal; nothing is left of it, and its layer is free', async () => {
  for (const mediaType of ['application/vnd.oci.image.layer.v1.tar', undefined]) {
    const { snapshotter, active, content } = await comparing()
    const abort = new AbortController()
    const options = { signal: abort.signal, ...(mediaType === undefined ? {} : { mediaType }) }
    const compare = refused(snapshotter.compare(active.lower, active.upper, options))
    const commit = ending(snapshotter.commit('n', 'a'))
    await turns()
    assert.is(content.writing.size, 1)
    abort.abort('enough')
    assert.equal(await compare, { _tag: 'Aborted', message: 'the caller stopped waiting', reason: 'enough' })
    assert.equal([content.blobs.size, content.writing.size], [0, 0])
    assert.is(getEventListeners(abort.signal, 'abort').length, 0)
    assert.is(await commit, 'done')
    await ok(snapshotter.close())
  }
})

test('a signal that fires after the end changes nothing', async () => {
  const { snapshotter, active, content } = await built()
  const abort = new AbortController()
  await ok(snapshotter.compare(active.lower, active.upper, { signal: abort.signal }))
  assert.is(getEventListeners(abort.signal, 'abort').length, 0)
  abort.abort()
  assert.is(content.blobs.size, 1)
  await ok(snapshotter.close())
})

test('closing ends a comparison that is under way, and waits until nothing is left of it', async () => {
  const { snapshotter, active, content } = await comparing()
  const order: string[] = []
  const compare = ending(snapshotter.compare(active.lower, active.upper)).then((tag) => order.push(tag))
  await turns()
  assert.is(content.writing.size, 1)
  await ok(snapshotter.close())
  order.push('close')
  await compare
  assert.equal(order, ['Closed', 'close'])
  assert.equal([content.blobs.size, content.writing.size], [0, 0])
})

test('closing ends a comparison that waits', async () => {
  const { snapshotter, active, shut, backend } = await holding('SealLayer')
  const commit = ending(snapshotter.commit('n', 'a'))
  const compare = ending(snapshotter.compare(active.lower, active.upper))
  await turns()
  const close = ending(snapshotter.close())
  assert.is(await compare, 'Closed')
  await shut.open()
  assert.equal([await commit, await close, backend.exported.length], ['done', 'done', 0])
})

test.run()
