import { join } from 'node:path'
import { fakeBackend } from '@varve/backend-fake'
import { openSnapshotter, type PromiseSnapshotter } from '@varve/core/promise'
import { levelStore, nodeCodecs, type DirectoryContent } from '@varve/store-level'
import { differences, filesIn, readBack, type Manifest } from '../copying/content.js'
import { allInfos } from '../reporting/infos.js'
import type { Report } from '../reporting/report.js'
import type { BuiltLayer } from './layers.js'
import { readImage } from './read-image.js'
import { unpackerOf } from './unpacker.js'
import { imageRef } from './write-image.js'

/** A snapshotter whose log and layers are below a directory. */
export const openIn = (directory: string, content: DirectoryContent): Promise<PromiseSnapshotter> =>
  openSnapshotter({
    store: levelStore(join(directory, 'log')),
    backend: fakeBackend({ root: join(directory, 'layers') }),
    content,
    codecs: nodeCodecs(),
  })

/** Shows how many bytes the layers that are read or written one after the other have come to. */
export const following = (
  { progress$ }: PromiseSnapshotter,
  bar: ReturnType<Report['bytes']>,
  total: number,
): { readonly end: () => void } => {
  const byLayer = new Map<number, number>()
  const watching = progress$.subscribe(({ layer, bytes }) => {
    byLayer.set(layer, bytes)
    bar.done(
      Math.min(
        total,
        [...byLayer.values()].reduce((sum, one) => sum + one, 0),
      ),
    )
  })
  return {
    end: () => {
      watching.unsubscribe()
      bar.done(total)
      bar.end()
    },
  }
}

/** What a view of a snapshot shows. */
const contentOf = async (snapshotter: PromiseSnapshotter, parent: string): Promise<Manifest> => {
  const key = `look-at ${parent}`
  await snapshotter.view(key, { parent })
  const { path } = await snapshotter.attach(key)
  const found = await readBack(path)
  await snapshotter.detach(key)
  await snapshotter.remove(key)
  return found
}

export type Checked = {
  readonly chains: readonly string[]
  /** How many layers were really unpacked. */
  readonly applied: number
  readonly filesEqual: number
  readonly problems: readonly string[]
}

/**
 * Unpacks the image of a layout into a fresh store below `directory`, twice at the same time, and compares what views of its
 * layers show with what went in.
 */
export const checkImage = async (
  report: Report,
  content: DirectoryContent,
  directory: string,
  built: readonly BuiltLayer[],
  bytes: number,
): Promise<Checked> => {
  const image = await readImage(content, imageRef)
  const snapshotter = await openIn(directory, content)
  try {
    let applied = 0
    snapshotter.events$.subscribe((record) => {
      if (record.type === 'Applied') applied += 1
      report.event(record)
    })
    const progress = following(snapshotter, report.bytes('unpacked', bytes), bytes)
    const { unpack } = unpackerOf(snapshotter)
    const [chains, again] = await Promise.all([unpack(image), unpack(image)])
    progress.end()
    report.tree(await allInfos(snapshotter))
    const problems: string[] = []
    if (chains.join() !== again.join()) problems.push(`unpacked twice as ${chains.join()} and as ${again.join()}`)
    if (applied !== chains.length) problems.push(`${chains.length} layers were unpacked ${applied} times`)
    let filesEqual = 0
    for (const [at, { name, manifest }] of built.entries()) {
      const unequal = differences(manifest, await contentOf(snapshotter, chains[at] ?? ''))
      problems.push(...unequal.map((path) => `differs in layer ${name}: ${path}`))
      filesEqual += filesIn(manifest) - unequal.filter((path) => manifest.get(path)?.startsWith('file ')).length
    }
    return { chains, applied, filesEqual, problems }
  } finally {
    await snapshotter.close()
  }
}
