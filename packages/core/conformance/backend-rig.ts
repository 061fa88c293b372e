import type { Failure } from '../src/model/fault.js'
import type { ImportLayer, Intent, Result } from '../src/model/intent.js'
import type { Kind, Purpose, Scratch, SnapshotId } from '../src/model/snapshot.js'
import type { Backend, ExecuteOptions, FoundLayer, Progress } from '../src/runtime/ports.js'
import { equal } from './assert.js'
import { chunked, streamOf } from './bytes.js'
import { type Case, caseOf } from './case.js'
import { type Tree, treeOf } from './content.js'
import { left, promisedFiles, right } from './ports.js'
import type { BackendSubject, PromiseFiles } from './subject.js'

/** The log that every backend case belongs to. */
export const thisLog = '3f6c1c52-8f0e-4a37-9d0e-2d2d7a1b6c11'

export const noScratch: Scratch = { requested: null, requestedBy: null, utilityVm: false, note: null }

type Below = { readonly parents?: readonly SnapshotId[] }
type Attached = Below & { readonly kind?: Exclude<Kind, 'Committed'> }
type Creation = Below & {
  readonly kind?: Exclude<Kind, 'Committed'>
  readonly purpose?: Purpose
  readonly scratch?: Partial<Scratch>
}
type Sealing = Below & { readonly madeParentless?: boolean; readonly purpose?: Purpose; readonly applied?: boolean }

export type BackendCase = Case<BackendSubject>

export const backendCase = (name: string, body: (subject: BackendSubject) => Promise<void>): BackendCase =>
  caseOf(`backend/${name}`, body)

/** A case on an open backend that holds the base layer 1. */
export const onBase = (name: string, body: (backend: Backend, subject: BackendSubject) => Promise<void>): BackendCase =>
  backendCase(name, async (subject) => {
    await openBackend(subject.backend)
    await makeBase(subject.backend)
    await body(subject.backend, subject)
  })

/** Each intent by what matters of it. Layers with parents that are no unpack layers have a scratch disk. */
export const intents = {
  create: (
    layer: SnapshotId,
    { kind = 'Active', parents = [], purpose = 'scratch', scratch = {} }: Creation = {},
  ): Intent => ({
    type: 'CreateLayer',
    id: `${layer}1`,
    layer,
    key: `key ${layer}`,
    kind,
    parents,
    purpose,
    labels: {},
    profile: 'bind',
    scratch: purpose === 'unpack' || parents.length === 0 ? null : { ...noScratch, ...scratch },
  }),
  attach: (layer: SnapshotId, { parents = [], kind = 'Active' }: Attached = {}): Intent => ({
    type: 'AttachLayer',
    id: `${layer}2`,
    layer,
    kind,
    parents,
  }),
  detach: (layer: SnapshotId, { parents = [] }: Below = {}): Intent => ({
    type: 'DetachLayer',
    id: `${layer}3`,
    layer,
    parents,
  }),
  seal: (
    layer: SnapshotId,
    { parents = [], madeParentless = parents.length === 0, purpose = 'scratch', applied = false }: Sealing = {},
  ): Intent => ({
    type: 'SealLayer',
    id: `${layer}4`,
    layer,
    key: `key ${layer}`,
    name: `name ${layer}`,
    parents,
    madeParentless,
    purpose,
    applied,
    labels: {},
    profile: 'bind',
  }),
  import: (layer: SnapshotId, { parents = [] }: Below = {}): ImportLayer => ({
    type: 'ImportLayer',
    id: `${layer}7`,
    layer,
    parents,
    descriptor: { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${'0'.repeat(64)}`, size: 0 },
    limits: { entries: 1_000, bytes: 2 ** 40 },
  }),
  retire: (layer: SnapshotId): Intent => ({ type: 'RetireLayer', id: `${layer}5`, layer }),
  destroy: (layer: SnapshotId): Intent => ({ type: 'DestroyLayer', id: `${layer}6`, layer }),
} as const

const results: Readonly<Record<Intent['type'], Result['type']>> = {
  CreateLayer: 'LayerCreated',
  SealLayer: 'LayerSealed',
  ImportLayer: 'LayerImported',
  AttachLayer: 'LayerAttached',
  DetachLayer: 'LayerDetached',
  RetireLayer: 'LayerRetired',
  DestroyLayer: 'LayerDestroyed',
}

export const neverAborted = new AbortController().signal

/** What an intent is performed with: the tar of an import, and a signal that cancels. */
export type PerformedWith = Partial<Pick<ExecuteOptions, 'tar' | 'signal'>>

/** The tar as others get it, in chunks. */
export const withTar = (tar: Uint8Array | undefined): PerformedWith =>
  tar === undefined ? {} : { tar: streamOf(chunked(tar, 1_000)) }

/** A run of an intent, and the progress of it that names another intent or layer. */
export const execution = (backend: Backend, intent: Intent, { tar, signal = neverAborted }: PerformedWith = {}) => {
  const strays: Progress[] = []
  const task = backend.execute(intent, {
    signal,
    progress: (progress) => {
      if (progress.intent !== intent.id || progress.layer !== intent.layer) strays.push(progress)
    },
    ...(tar === undefined ? {} : { tar }),
  })
  return { task, strays }
}

/** Performs an intent, which must succeed. */
export const perform = async (backend: Backend, intent: Intent, options?: PerformedWith): Promise<Result> => {
  const { task, strays } = execution(backend, intent, options)
  const result = await right(`${intent.type} ${intent.layer}`, task)
  equal(`result of ${intent.type}`, result.type, results[intent.type])
  equal(`progress of ${intent.type} that names another intent or layer`, strays, [])
  return result
}

/** Performs an intent, which must fail with a BackendFault, or with what is given. */
export const fails = (
  what: string,
  backend: Backend,
  intent: Intent,
  options?: PerformedWith,
  tag: Failure['_tag'] = 'BackendFault',
): Promise<Failure> => left<Failure>(what, execution(backend, intent, options).task, tag)

/** Performs an intent; false when it was cut. */
export const performOrCut = async (backend: Backend, intent: Intent, options?: PerformedWith): Promise<boolean> => {
  const answer = await execution(backend, intent, options).task()
  if (answer._tag === 'Left') equal(`tag of ${answer.left.message}`, answer.left._tag, 'BackendFault')
  return answer._tag === 'Right'
}

/** Opens a backend for this log and answers what it found. Every layer is claimed, or those that `claims` takes. */
export const openBackend = async (
  backend: Backend,
  claims: (found: FoundLayer) => boolean = () => true,
): Promise<{ readonly found: readonly FoundLayer[]; readonly quarantined: readonly string[] }> => {
  let found: readonly FoundLayer[] = []
  const owner = {
    log: thisLog,
    unclaimed: async (layers: readonly FoundLayer[]) => {
      found = [...layers].sort((a, b) => a.id - b.id)
      return layers.filter((layer) => !claims(layer))
    },
  }
  const { quarantined } = await right('open', backend.open(owner))
  return { found, quarantined }
}

/** Opens the root again, as after a crash, and answers the backend and the layers it found. */
export const reopened = async (
  { reopen }: BackendSubject,
  claims?: (found: FoundLayer) => boolean,
): Promise<{
  readonly backend: Backend
  readonly found: readonly FoundLayer[]
  readonly quarantined: readonly string[]
}> => {
  const backend = await reopen()
  return { backend, ...(await openBackend(backend, claims)) }
}

/** The content of a layer, which need not be attached. */
export const filesOf = (
  backend: Backend,
  layer: SnapshotId,
  { parents = [], kind = 'Active' }: Attached = {},
): PromiseFiles => promisedFiles(backend.files({ id: layer, kind, isParentless: parents.length === 0 }))

/** Attaches a layer and lets `use` at its content. It stays attached. */
export const attached = async <T>(
  backend: Backend,
  layer: SnapshotId,
  how: Attached,
  use: (files: PromiseFiles) => Promise<T>,
): Promise<T> => {
  await perform(backend, intents.attach(layer, how))
  return use(filesOf(backend, layer, how))
}

/** Writes into a layer: attach, write, detach. */
export const fill = async (
  backend: Backend,
  layer: SnapshotId,
  below: Below,
  use: (files: PromiseFiles) => Promise<void>,
): Promise<void> => {
  await attached(backend, layer, below, use)
  await perform(backend, intents.detach(layer, below))
}

/** Makes layer 1: a base layer that holds `baseTree`. */
export const makeBase = async (backend: Backend): Promise<void> => {
  await perform(backend, intents.create(1))
  await fill(backend, 1, {}, async (files) => {
    await files.write('lower', 'of the base')
    await files.write('both', 'of the base')
    await files.write('kept', 'of the base')
    await files.write('folder/deep', 'of the base')
  })
  await perform(backend, intents.seal(1))
}

export const baseTree: Tree = {
  lower: 'file of the base',
  both: 'file of the base',
  kept: 'file of the base',
  folder: 'directory',
  'folder/deep': 'file of the base',
}

/** Lets `use` at a view of a sealed layer. `layers`: the layer and its parents. The view has an id of its own and goes again. */
export const throughView = async <T>(
  backend: Backend,
  layers: readonly SnapshotId[],
  use: (files: PromiseFiles) => Promise<T>,
): Promise<T> => {
  const below = { parents: layers }
  const view = 1_000_000 + (layers[0] ?? 0)
  await perform(backend, intents.create(view, { ...below, kind: 'View' }))
  const seen = await attached(backend, view, { ...below, kind: 'View' }, use)
  await perform(backend, intents.detach(view, below))
  await perform(backend, intents.retire(view))
  await perform(backend, intents.destroy(view))
  return seen
}

/** What a view of a sealed layer shows. */
export const seenThroughView = (backend: Backend, layers: readonly SnapshotId[]): Promise<Tree> =>
  throughView(backend, layers, treeOf)
