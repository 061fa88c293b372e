import type { SnapshotId } from '../src/model/snapshot.js'
import type { Backend, ExportOptions, Progress } from '../src/runtime/ports.js'
import { equal } from './assert.js'
import { baseTree, intents, neverAborted, perform, seenThroughView, withTar } from './backend-rig.js'
import { bytesIn } from './bytes.js'
import { sameTree, type Tree } from './content.js'
import { type Contents, contentsOf, item, type Item, tarOf } from './layer-tars.js'
import { right } from './ports.js'
import type { BackendSubject } from './subject.js'

const { folder, file, link, stream, symlink, whiteout } = item

/** A layer that was unpacked: what goes in, and what must then be there. */
export type Sample = {
  readonly parents: readonly SnapshotId[]
  readonly items: readonly Item[]
  /** What a view of it shows. */
  readonly view: Tree
  /** What its tar says when it comes out again, and which attributes. */
  readonly tree: Tree
  readonly attributes: Contents['attributes']
}

const baseView: Tree = {
  dir: 'directory',
  'dir/file': 'file of the tar',
  'dir/link': 'symlink file',
  'dir/second': 'file of the tar',
  empty: 'file ',
  large: `file ${'of the tar '.repeat(500)}`,
}

/** A base layer. */
export const baseSample: Sample = {
  parents: [],
  items: [
    folder('Files'),
    folder('Files/dir', { attributes: 0x12 }),
    file('Files/dir/file', 'of the tar', { attributes: 0x27 }),
    stream('Files/dir/file', 'mark', 'of the stream'),
    symlink('Files/dir/link', 'file'),
    link('Files/dir/second', 'Files/dir/file'),
    file('Files/empty', ''),
    file('Files/large', 'of the tar '.repeat(500)),
  ],
  view: baseView,
  tree: { ...baseView, 'dir/file:mark': 'stream of the stream' },
  attributes: { dir: 0x2, 'dir/file': 0x7 },
}

const childView: Tree = {
  both: 'file of the tar',
  dir: 'directory',
  'dir/again': 'file of the tar',
  'dir/kept': 'file of the base',
  'dir/link': 'symlink again',
  kept: 'file of the base',
}

/** A layer on the base layer 1. */
export const childSample: Sample = {
  parents: [1],
  items: [
    folder('Files'),
    whiteout('Files/folder'),
    whiteout('Files/lower'),
    file('Files/both', 'of the tar', { attributes: 0x23 }),
    stream('Files/both', 'mark', 'of the stream'),
    folder('Files/dir', { attributes: 0x12 }),
    link('Files/dir/again', 'Files/both'),
    link('Files/dir/kept', 'Files/kept'),
    symlink('Files/dir/link', 'again'),
    folder('Hives'),
  ],
  view: childView,
  tree: {
    both: 'file of the tar',
    'both:mark': 'stream of the stream',
    dir: 'directory',
    'dir/again': 'file of the tar',
    'dir/kept': 'file of the base',
    'dir/link': 'symlink again',
    folder: 'whiteout',
    lower: 'whiteout',
  },
  attributes: { both: 0x3, dir: 0x2 },
}

/** The tar of a layer, asked for as `options` say. Every progress must name the layer. */
export const exported = async (
  backend: Backend,
  id: SnapshotId,
  parents: readonly SnapshotId[] = [],
  options: Partial<ExportOptions> = {},
): Promise<Uint8Array> => {
  const strays: Progress[] = []
  const progress = (one: Progress): void => {
    if (one.intent !== '' || one.layer !== id) strays.push(one)
  }
  const bytes = await bytesIn(
    `export of layer ${id}`,
    backend.exportLayer({ id, parents }, { signal: neverAborted, progress, ...options }),
  )
  equal('progress of an export that names an intent or another layer', strays, [])
  return bytes
}

/** What the tar of a layer says. Where it stands on others, the last of these is the base layer 1. */
export const contentsIn = async (
  backend: Backend,
  id: SnapshotId,
  parents: readonly SnapshotId[] = [],
): Promise<Contents> => contentsOf(await exported(backend, id, parents), parents.length === 0 ? undefined : baseTree)

/** Fails unless the tar of a layer says exactly this, apart from what Windows adds. */
export const says = async (
  what: string,
  backend: Backend,
  id: SnapshotId,
  parents: readonly SnapshotId[],
  expected: Tree,
): Promise<void> => sameTree(what, (await contentsIn(backend, id, parents)).tree, expected)

/** Fails unless an unpack layer is as it was made. */
export const isEmpty = async (backend: Backend, id: SnapshotId, parents: readonly SnapshotId[]): Promise<void> => {
  const { size, scratch } = await right('usage', backend.usage(id))
  equal('usage of a layer that must be empty', { size, scratch }, { size: 0, scratch: 0 })
  await says('the tar of a layer that must be empty', backend, id, parents, {})
}

/** Makes an unpack layer. */
export const unpackLayer = async (backend: Backend, layer: SnapshotId, parents: readonly SnapshotId[]): Promise<void> =>
  void (await perform(backend, intents.create(layer, { parents, purpose: 'unpack' })))

/** Seals an unpack layer that a tar was applied to. */
export const sealApplied = async (
  backend: Backend,
  layer: SnapshotId,
  parents: readonly SnapshotId[] = [],
): Promise<void> => void (await perform(backend, intents.seal(layer, { parents, purpose: 'unpack', applied: true })))

/** Makes an unpack layer and fills it. */
export const unpacked = async (
  backend: Backend,
  layer: SnapshotId,
  parents: readonly SnapshotId[],
  tar: Uint8Array,
): Promise<void> => {
  await unpackLayer(backend, layer, parents)
  await perform(backend, intents.import(layer, { parents }), withTar(tar))
}

/** Fails unless an imported layer is what its sample says, before and after it is sealed. */
export const isImported = async (backend: Backend, layer: SnapshotId, sample: Sample): Promise<void> => {
  const { parents, tree, view } = sample
  const { attributes, tree: found } = await contentsIn(backend, layer, parents)
  sameTree('its tar', found, tree)
  const own = Object.entries(attributes).filter(([path]) => path in tree)
  equal('attributes', Object.fromEntries(own), sample.attributes)
  await sealApplied(backend, layer, parents)
  sameTree('a view of it', await seenThroughView(backend, [layer, ...parents]), view)
}

/** Paths of everything that is there, none where they can't be told. */
export const namesOf = async ({ names }: BackendSubject): Promise<readonly string[]> => (await names?.()) ?? []

/** Fails unless the same is there as before. */
export const sameNames = async (what: string, subject: BackendSubject, before: readonly string[]): Promise<void> => {
  const now = await namesOf(subject)
  const came = now.filter((name) => !before.includes(name))
  const went = before.filter((name) => !now.includes(name))
  equal(`${what}: paths that came, that went`, [came, went], [[], []])
}

export const tarOfSample = ({ items }: Sample): Uint8Array => tarOf(...items)
