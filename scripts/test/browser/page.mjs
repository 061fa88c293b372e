/** What the browser runs: the recorded bundle, replayed; a snapshotter over the in-memory world, whose log goes back as a bundle; a simulation. */
import { fakeBackend, memoryStore, simulate } from '@varve/backend-fake'
import { exportBundle, importBundle, openSnapshotter } from '@varve/core/promise'
import { redecide, replay } from '@varve/core'

/** @param {{ records: readonly string[], profile: 'bind' | 'windows-layer' }} bundle */
const digestOf = ({ records, profile }) => {
  const replayed = replay(records, { profile })
  if (replayed._tag === 'Left') throw new Error(replayed.left.message)
  return replayed.right.digest
}

const recorded = async () => {
  const response = await fetch('/bundle')
  const bundle = await importBundle(new Uint8Array(await response.arrayBuffer()))
  return { digest: digestOf(bundle), redecided: redecide(bundle) }
}

const live = async () => {
  const store = memoryStore()
  const snapshotter = await openSnapshotter({ store, backend: fakeBackend(), journal: true })
  await snapshotter.prepare('build', { by: 'a browser' })
  const { files } = await snapshotter.attach('build')
  await files.write('app/hello.txt', 'hello')
  await snapshotter.detach('build')
  await snapshotter.commit('base', 'build')
  await snapshotter.prepare('next', { parent: 'base' })
  const read = new TextDecoder().decode(await (await snapshotter.attach('next')).files.read('app/hello.txt'))
  await snapshotter.close()
  let text = ''
  for await (const bytes of exportBundle(store)) text += new TextDecoder().decode(bytes)
  return { read, text, digest: digestOf(await importBundle(text)) }
}

const simulated = async () => {
  const { trace, verdict, faults } = await simulate({ seed: 1, steps: 400 })
  return { trace, verdict, faults }
}

/** @param {unknown} told */
const tell = (told) => fetch('/told', { method: 'POST', body: JSON.stringify(told) })

try {
  await tell({
    engine: navigator.userAgent,
    recorded: await recorded(),
    live: await live(),
    simulated: await simulated(),
  })
} catch (error) {
  await tell({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) })
}
