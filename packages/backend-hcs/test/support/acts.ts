import * as E from 'fp-ts/lib/Either.js'
import {
  type AttachedLayer,
  type Backend,
  type ByteStream,
  type Failure,
  type FilesError,
  type Intent,
  type Kind,
  type Purpose,
  type Result,
  type Scratch,
  type SnapshotId,
} from '@varve/core/ports'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'

export const noScratch: Scratch = { requested: null, requestedBy: null, utilityVm: false, note: null }

type Ids = readonly SnapshotId[]
type Made = {
  readonly kind?: Exclude<Kind, 'Committed'>
  readonly purpose?: Purpose
  readonly scratch?: Partial<Scratch>
}

const common = { labels: { a: 'b' }, profile: 'bind' } as const

/** Each intent by what matters of it. */
export const intents = {
  create: (
    layer: SnapshotId,
    parents: Ids = [],
    { kind = 'Active', purpose = 'scratch', scratch }: Made = {},
  ): Intent => ({
    ...common,
    type: 'CreateLayer',
    id: `${layer}1`,
    layer,
    key: `key ${layer}`,
    kind,
    parents,
    purpose,
    scratch: purpose === 'unpack' || parents.length === 0 ? null : { ...noScratch, ...scratch },
  }),
  attach: (layer: SnapshotId, parents: Ids = [], kind: 'Active' | 'View' = 'Active'): Intent => ({
    type: 'AttachLayer',
    id: `${layer}2`,
    layer,
    kind,
    parents,
  }),
  detach: (layer: SnapshotId, parents: Ids = []): Intent => ({ type: 'DetachLayer', id: `${layer}3`, layer, parents }),
  seal: (
    layer: SnapshotId,
    parents: Ids = [],
    more: { readonly madeParentless?: boolean; readonly purpose?: Purpose; readonly applied?: boolean } = {},
  ): Intent => ({
    ...common,
    type: 'SealLayer',
    id: `${layer}4`,
    layer,
    key: `key ${layer}`,
    name: `name ${layer}`,
    parents,
    madeParentless: parents.length === 0,
    purpose: 'scratch',
    applied: false,
    ...more,
  }),
  retire: (layer: SnapshotId): Intent => ({ type: 'RetireLayer', id: `${layer}5`, layer }),
  destroy: (layer: SnapshotId): Intent => ({ type: 'DestroyLayer', id: `${layer}6`, layer }),
  apply: (layer: SnapshotId, parents: Ids = []): Intent => ({
    type: 'ImportLayer',
    id: `${layer}7`,
    layer,
    parents,
    descriptor: { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${'0'.repeat(64)}`, size: 1 },
    limits: { entries: 1_000, bytes: 1_000_000_000 },
  }),
} as const

/** What a call answers; throws when it failed. */
export const right = async <A>(task: TaskEither<{ readonly message: string }, A>): Promise<A> => {
  const outcome = await task()
  if (E.isLeft(outcome)) throw new Error(outcome.left.message)
  return outcome.right
}

async function* tarOfBytes(bytes: Uint8Array): ByteStream<Failure> {
  for (let from = 0; from < bytes.length; from += 1_000) yield E.right(bytes.slice(from, from + 1_000))
}

export const execute = (
  backend: Backend,
  intent: Intent,
  { tar, signal = new AbortController().signal }: { readonly tar?: Uint8Array; readonly signal?: AbortSignal } = {},
): Promise<E.Either<Failure, Result>> =>
  backend.execute(intent, {
    signal,
    progress: () => undefined,
    ...(tar === undefined ? {} : { tar: tarOfBytes(tar) }),
  })()

/** Performs an intent, which must succeed. */
export const perform = (backend: Backend, intent: Intent, tar?: Uint8Array): Promise<Result> =>
  right(() => execute(backend, intent, tar === undefined ? {} : { tar }))

export const openFor = (backend: Backend, log = 'a log'): Promise<{ readonly quarantined: readonly string[] }> =>
  right(backend.open({ log, unclaimed: async () => [] }))

/** The tar of a layer, or what ended it. */
export const exportOf = async (
  backend: Backend,
  id: SnapshotId,
  parents: Ids = [],
): Promise<E.Either<Failure, Uint8Array>> => {
  const chunks: Uint8Array[] = []
  const options = { signal: new AbortController().signal, progress: () => undefined }
  for await (const chunk of backend.exportLayer({ id, parents }, options)) {
    if (E.isLeft(chunk)) return chunk
    chunks.push(chunk.right)
  }
  return E.right(new Uint8Array(Buffer.concat(chunks)))
}

const attachment = (id: SnapshotId, parents: Ids, kind: 'Active' | 'View' = 'Active'): AttachedLayer => ({
  id,
  kind,
  isParentless: parents.length === 0,
})

/** Writes into a layer: attach, write, detach. A content of `undefined` removes. */
export const fill = async (
  backend: Backend,
  layer: SnapshotId,
  parents: Ids,
  content: Readonly<Record<string, string | undefined>>,
): Promise<void> => {
  await perform(backend, intents.attach(layer, parents))
  const { files } = backend.files(attachment(layer, parents))
  for (const [path, text] of Object.entries(content))
    await right<unknown>(text === undefined ? files.remove(path) : files.write(path, text))
  await perform(backend, intents.detach(layer, parents))
}

/** What an attached layer shows, by path: the text of files, the targets of links. */
export const shownIn = async (
  backend: Backend,
  layer: SnapshotId,
  parents: Ids,
  kind: 'Active' | 'View' = 'Active',
): Promise<Readonly<Record<string, string>>> => {
  const { files } = backend.files(attachment(layer, parents, kind))
  const shown: Record<string, string> = {}
  const visit = async (folder: string): Promise<void> => {
    for (const name of await right(files.list(folder))) {
      const path = folder === '' ? name : `${folder}/${name}`
      const { type, target } = await right(files.stat(path))
      shown[path] = type === 'file' ? new TextDecoder().decode(await right(files.read(path))) : (target ?? type)
      if (type === 'directory') await visit(path)
    }
  }
  await visit('')
  return shown
}

/** Whether a failure is one that a port may answer. */
export const isTyped = (failure: FilesError): boolean =>
  failure.message.length > 0 &&
  (failure._tag === 'InvalidArgument' ||
    (failure._tag === 'BackendFault' && Number.isInteger(failure.code) && failure.code >= 0x8000_0000))
