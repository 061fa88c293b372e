/**
 * Makes the recorded bundle whose digest tests on every engine compare: `test/fixtures/<name>.ndjson`.
 *
 * A fixture is made once and never again: it stands for the bundles that users have. When bundles or kept inputs are written
 * differently, keep the old file and run in packages/core, after a build:
 *
 *     node dist/test/support/make-bundle-fixture.js bundle-v2
 *
 * Then name the new one in test/bundle-fixture.test.ts. Files that are there are never overwritten.
 */
import * as E from 'fp-ts/lib/Either.js'
import { createWriteStream } from 'node:fs'
import { exportBundle, type EventStore } from '@varve/core'
import { virtualClock } from './clock.js'
import { accessDenied } from './events.js'
import { arrayStore, recordingBackend } from './memory.js'
import { ok, open } from './runtime.js'

const odd = 'k8s.io/12/"é層\u{1f600}\\ \u2028'

/** Layers, views, labels, a failure, something owed, something attached, what ends in the middle of a commit. */
const record = async (store: EventStore): Promise<void> => {
  const clock = virtualClock()
  const failing = new Set(['SealLayer 4', 'DestroyLayer 3'])
  const backend = recordingBackend(({ type, layer }) => {
    if (`${type} ${layer}` === 'SealLayer 6') return new Promise(() => undefined)
    return failing.has(`${type} ${layer}`) ? accessDenied : undefined
  })
  const snapshotter = await open({ store, backend, clock, journal: true })
  const labels = { [odd]: odd, a: '1' }
  await ok(snapshotter.prepare('base-key', { by: 'a builder' }))
  await ok(snapshotter.commit('base', 'base-key', { by: 'a builder', labels }))
  await ok(snapshotter.prepare(odd, { parent: 'base', labels, by: odd }))
  await ok(snapshotter.view('gone', { parent: 'base' }))
  await clock.advance(1_500)
  await ok(snapshotter.remove('gone', { by: 'a cleaner' }))
  await ok(snapshotter.prepare('stays', { parent: 'base' }))
  await snapshotter.commit('never', 'stays')()
  await ok(snapshotter.update({ name: 'base', labels: { b: '2' } }, ['labels.b']))
  await ok(snapshotter.prepare('extract-1 x', { parent: 'base' }))
  await ok(snapshotter.attach(odd))
  await ok(snapshotter.prepare('sealing', { parent: 'base' }))
  void snapshotter.commit('sealed', 'sealing', { by: 'nobody who waits' })()
  await clock.advance(10)
}

const main = async (name: string | undefined): Promise<void> => {
  if (name === undefined) throw new Error('say which fixture to make: node make-bundle-fixture.js bundle-v2')
  const store = arrayStore()
  await record(store)
  const file = createWriteStream(new URL(`../../../test/fixtures/${name}.ndjson`, import.meta.url), { flags: 'wx' })
  for await (const bytes of exportBundle(store)) {
    if (E.isLeft(bytes)) throw new Error(bytes.left.message)
    file.write(bytes.right)
  }
  file.end()
}

await main(process.argv[2])
