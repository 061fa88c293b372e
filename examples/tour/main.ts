/** Every verb of the snapshotter once, as the documentation shows them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSnapshotter } from '@varve/core/promise'
import { directoryContent, levelStore, nodeCodecs } from '@varve/store-level'
import { fakeBackend } from '@varve/backend-fake'

const tour = async (): Promise<void> => {
  const snapshotter = await openSnapshotter({
    store: levelStore('./data/log'),
    backend: fakeBackend({ root: './data/layers' }),
    content: directoryContent('./data/image'),
    codecs: nodeCodecs(),
    profile: 'bind',
  })
  snapshotter.events$.subscribe(({ seq, type }) => console.log(`event ${seq} ${type}`))
  snapshotter.intents$.subscribe(({ type, layer }) => console.log(`intent ${type} of layer ${layer}`))
  snapshotter.progress$.subscribe(({ intent, bytes }) => console.log(`intent ${intent}: ${bytes} bytes`))

  console.log(await snapshotter.prepare('build-1', { labels: {} }))
  const { path, files } = await snapshotter.attach('build-1')
  await files.write('Program Files/app/readme.txt', 'hello')
  console.log(path, await files.list(''))
  await snapshotter.detach('build-1')
  await snapshotter.commit('base', 'build-1', { labels: {} })
  await snapshotter.prepare('build-2', { parent: 'base' })
  await snapshotter.view('look', { parent: 'base' })
  console.log(await snapshotter.stat('base'))
  console.log(await snapshotter.update({ name: 'base', labels: { a: '1' } }, ['labels.a']))
  console.log(await snapshotter.usage('base'))
  for await (const info of snapshotter.walk(['kind==committed'])) console.log(info)
  const layer = await snapshotter.compare(
    await snapshotter.view('nothing'),
    await snapshotter.view('top', { parent: 'base' }),
  )
  console.log(layer)
  const mounts = await snapshotter.prepare('fill', { purpose: 'unpack' })
  console.log(await snapshotter.apply(layer, mounts))
  await snapshotter.commit('base again', 'fill')
  console.log(await snapshotter.plan({ type: 'Remove', key: 'look' }))
  await snapshotter.remove('look')
  await snapshotter.cleanup()
  await snapshotter.stat('look').catch((error: { readonly _tag: string; readonly message: string }) => {
    if (error._tag !== 'NotFound') throw error
    console.log(error.message)
  })
  await snapshotter.close()
}

/** Runs in an empty temporary directory, which it removes. */
export const main = async (): Promise<number> => {
  const before = process.cwd()
  const directory = await mkdtemp(join(tmpdir(), 'varve-tour-'))
  process.chdir(directory)
  try {
    await tour()
    return 0
  } finally {
    process.chdir(before)
    await rm(directory, { recursive: true, force: true })
  }
}
