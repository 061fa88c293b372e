import { execFile } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Content, Descriptor, Mount, Snapshotter } from '@varve/core'
import { directoryContent } from '@varve/store-level'
import type { Context } from '../context.js'
import { figureOf, type Budget, type Figure } from '../figure.js'
import { discardingContent } from '../support/discarding.js'
import { firstLayer, openLayers, timedApply } from '../support/layer-rig.js'
import { writeTree, type Tree } from '../support/layer-tree.js'
import { must } from '../support/must.js'
import { hasPeers, peerScripts, timedShell } from '../support/peer.js'

const rounds = 3
const mib = 1 << 20
const forms = ['tar', 'gzip'] as const
type Form = (typeof forms)[number]

const mediaTypes: Readonly<Record<Form, string>> = {
  tar: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
}

const treesOf = ({ quick }: Context): readonly Tree[] => [
  { name: 'small files', files: quick ? 10_000 : 100_000, size: 2_048 },
  { name: 'large files', files: 2, size: (quick ? 64 : 1_024) * mib },
]

/** Of small files half the peer's files a second, of large ones nine tenths of its bytes, uncompressed. */
const budgetOf = ({ size }: Tree, form: Form): Budget | undefined => {
  if (size < mib) return { of: 'ratio', sign: '>=', limit: 0.5 }
  return form === 'tar' ? { of: 'ratio', sign: '>=', limit: 0.9 } : undefined
}

type Timed = { readonly ours: number; readonly peer: number | undefined }

/** The best of some rounds, ours and the peer's in turns. */
const best = async (ours: () => Promise<number>, peer: (() => Promise<number>) | undefined): Promise<Timed> => {
  const taken: number[] = []
  const peers: number[] = []
  for (let round = 0; round < rounds; round++) {
    taken.push(await ours())
    if (peer !== undefined) peers.push(await peer())
  }
  return { ours: Math.min(...taken), peer: peers.length === 0 ? undefined : Math.min(...peers) }
}

const figure = (verb: string, tree: Tree, form: Form, { ours, peer }: Timed): Figure => {
  const isSmall = tree.size < mib
  const amount = isSmall ? tree.files : (tree.files * tree.size) / 1e6
  const budget = peer === undefined ? undefined : budgetOf(tree, form)
  return figureOf({
    name: `${verb} ${tree.files} ${tree.name}, ${form}`,
    value: amount / ours,
    unit: isSmall ? 'files/s' : 'MB/s',
    ...(peer === undefined ? {} : { peer: { name: 'bsdtar and openssl', value: amount / peer } }),
    ...(budget === undefined ? {} : { budget }),
    details: { seconds: ours, megabytesPerSecond: Math.round((tree.files * tree.size) / 1e6 / ours) },
  })
}

type Sides = { readonly lower: readonly Mount[]; readonly upper: readonly Mount[]; readonly path: string }

const timedCompare = async (snapshotter: Snapshotter, { lower, upper }: Sides, form: Form): Promise<number> => {
  const start = performance.now()
  must(await snapshotter.compare(lower, upper, { mediaType: mediaTypes[form] })())
  return (performance.now() - start) / 1_000
}

async function* exports(directory: string, tree: Tree, withPeers: boolean): AsyncGenerator<Figure> {
  const snapshotter = await openLayers(directory, discardingContent())
  const sides = await firstLayer(snapshotter, (path) => writeTree(path, tree))
  for (const form of forms) {
    const peer = (): Promise<number> => timedShell(peerScripts.export[form], { DIR: sides.path })
    yield figure(
      'export',
      tree,
      form,
      await best(() => timedCompare(snapshotter, sides, form), withPeers ? peer : undefined),
    )
  }
  must(await snapshotter.close()())
}

const blobPath = (content: string, { digest }: Descriptor): string =>
  join(content, 'blobs', 'sha256', digest.slice('sha256:'.length))

const blobsOf = async (directory: string, content: Content): Promise<Readonly<Record<Form, Descriptor>>> => {
  const snapshotter = await openLayers(directory, content)
  const lower = must(await snapshotter.mounts('nothing')())
  const upper = must(await snapshotter.mounts('tree')())
  const blob = async (form: Form): Promise<Descriptor> =>
    must(await snapshotter.compare(lower, upper, { mediaType: mediaTypes[form] })())
  const blobs = { tar: await blob('tar'), gzip: await blob('gzip') }
  must(await snapshotter.close()())
  return blobs
}

async function* imports(directory: string, tree: Tree, withPeers: boolean): AsyncGenerator<Figure> {
  const place = `${directory}/content`
  const content = directoryContent(place)
  const blobs = await blobsOf(directory, content)
  const snapshotter = await openLayers(directory, content)
  for (const form of forms) {
    const into = `${directory}/extracted`
    const peer = async (): Promise<number> => {
      mkdirSync(into)
      const seconds = await timedShell(peerScripts.import[form], { DIR: into, BLOB: blobPath(place, blobs[form]) })
      rmSync(into, { recursive: true })
      return seconds
    }
    yield figure(
      'import',
      tree,
      form,
      await best(() => timedApply(snapshotter, blobs[form]), withPeers ? peer : undefined),
    )
  }
  must(await snapshotter.close()())
}

/** How fast layers are read and written on the on-disk world, digests included. */
export async function* layers(context: Context): AsyncGenerator<Figure> {
  const withPeers = hasPeers()
  for (const tree of treesOf(context)) {
    const directory = context.newDirectory('layers')
    yield* exports(directory, tree, withPeers)
    yield* imports(directory, tree, withPeers)
    rmSync(directory, { recursive: true, force: true })
  }
}

const memoryLimit = 150

const peakOf = async (script: string, args: readonly string[]): Promise<{ readonly maxRSS: number }> => {
  const path = fileURLToPath(new URL(`../support/${script}`, import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...args])
  return JSON.parse(stdout) as { readonly maxRSS: number }
}

/**
 * The memory of a process that takes one large file into a tar and out again, and of one that reads it out of a layer on the
 * on-disk world and fills another from it, with a snapshotter, a log and a content.
 */
export async function* layerMemory(context: Context): AsyncGenerator<Figure> {
  const size = (context.quick ? 256 : 4_096) * mib
  const codec = await peakOf('codec-memory.js', [String(size)])
  yield figureOf({
    name: `resident memory of the codec, a layer of ${size / mib} MiB`,
    value: codec.maxRSS / 1_024,
    unit: 'MiB',
    budget: { of: 'value', sign: '<=', limit: memoryLimit },
  })
  const directory = context.newDirectory('memory')
  mkdirSync(directory)
  const whole = await peakOf('layer-memory.js', [directory, String(size)])
  rmSync(directory, { recursive: true, force: true })
  yield figureOf({
    name: `resident memory of compare and apply, a layer of ${size / mib} MiB`,
    value: whole.maxRSS / 1_024,
    unit: 'MiB',
    budget: { of: 'value', sign: '<=', limit: memoryLimit },
    details: whole,
  })
}
