import { equal } from './assert.js'
import type { FsckSubject, Written } from './fsck-subject.js'
import { layersIn } from './fsck-worlds.js'
import type { PromiseSnapshotter } from './subject.js'

const codesFoundBy = async ({ check }: FsckSubject): Promise<readonly string[]> =>
  (await check()).findings.map(({ code }) => code)

const textIn = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Attaches snapshots and writes files to each. */
export const attachAll = async (snapshotter: PromiseSnapshotter, written: Written): Promise<void> => {
  for (const [key, texts] of Object.entries(written)) {
    const { files } = await snapshotter.attach(key)
    for (const [path, text] of Object.entries(texts)) await files.write(path, text)
  }
}

/**
 * Deletes what shows an attached snapshot, and fails unless a check finds that, and the snapshot has what it had before it was
 * attached and can be worked on, whether a repair was made or not.
 */
export const checkDeletedAttachment = async (subject: FsckSubject): Promise<void> => {
  const { root } = subject
  const before = await subject.open()
  await before.prepare('a')
  await before.commit('base', 'a')
  for (const key of ['repaired', 'left']) await before.prepare(key, { parent: 'base' })
  await attachAll(before, { repaired: { before: 'b' }, left: { before: 'b' } })
  await before.close()
  for (const key of ['repaired', 'left']) {
    await subject.leaveAttached({ [key]: { since: 's' } })
    const [layer] = await layersIn(root, new Set([key]))
    await root.remove(`mounts/${layer?.id}`)
    equal('found', await codesFoundBy(subject), ['missing-attachment'])
    if (key === 'repaired') {
      const { records } = await subject.repair((await subject.check()).plan)
      const told = records.map(({ type, cause }) => [type, cause.by])
      equal('recorded', told, [['DetachAccepted', 'repair']])
      equal('found after the repair', await codesFoundBy(subject), [])
    }
    const snapshotter = await subject.open()
    const { files } = await snapshotter.attach(key)
    equal('what was there before', textIn(await files.read('before')), 'b')
    await files.write('after', 'c')
    await snapshotter.detach(key)
    await snapshotter.commit(`sealed ${key}`, key)
    await snapshotter.view(`view ${key}`, { parent: `sealed ${key}` })
    const shown = await snapshotter.attach(`view ${key}`)
    equal('what was written after', textIn(await shown.files.read('after')), 'c')
    await snapshotter.close()
    equal('found at last', await codesFoundBy(subject), [])
  }
}
