import { fakeBackend } from '@varve/backend-fake'
import { openSnapshotter, type Content, type Descriptor, type Mount, type Snapshotter } from '@varve/core'
import { levelStore, nodeCodecs } from '@varve/store-level'
import { must } from './must.js'

/** A snapshotter over the on-disk world that can apply and compare. */
export const openLayers = async (directory: string, content: Content): Promise<Snapshotter> =>
  must(
    await openSnapshotter({
      store: levelStore(`${directory}/log`),
      backend: fakeBackend({ root: `${directory}/layers` }),
      content,
      codecs: nodeCodecs(),
    })(),
  )

/** The two sides of a first layer whose content `fill` writes in a directory. */
export const firstLayer = async (
  snapshotter: Snapshotter,
  fill: (path: string) => void,
): Promise<{ readonly lower: readonly Mount[]; readonly upper: readonly Mount[]; readonly path: string }> => {
  const upper = must(await snapshotter.prepare('tree')())
  const { path } = must(await snapshotter.attach('tree')())
  fill(path)
  must(await snapshotter.detach('tree')())
  const lower = must(await snapshotter.view('nothing')())
  return { lower, upper, path }
}

/** Applies a blob to a new snapshot, which is removed again afterwards; answers the seconds that the apply took. */
export const timedApply = async (snapshotter: Snapshotter, descriptor: Descriptor): Promise<number> => {
  const mounts = must(await snapshotter.prepare('fill', { purpose: 'unpack' })())
  const start = performance.now()
  must(await snapshotter.apply(descriptor, mounts)())
  const seconds = (performance.now() - start) / 1_000
  must(await snapshotter.remove('fill')())
  must(await snapshotter.cleanup()())
  return seconds
}
