import * as E from 'fp-ts/lib/Either.js'
import {
  backendFault,
  hresult,
  type Backend,
  type ByteStream,
  type ExecuteOptions,
  type ExportedLayer,
  type ExportOptions,
  type Failure,
  type Intent,
  type Mount,
  type OpenOptions,
  type Result,
  type Snapshotter,
} from '@varve/core'
import { mapContent, testCodecs, textBytes, type MapContent } from './blobs.js'
import { turns } from './clock.js'
import { arrayStore, recordingBackend } from './memory.js'
import { commitLayer, ok, open } from './runtime.js'

/** A gate that is shut until it is opened. */
export type Gate = { readonly opened: Promise<void>; readonly open: () => Promise<void> }

export const gate = (): Gate => {
  let pass = (): void => undefined
  const opened = new Promise<void>((resolve) => (pass = resolve))
  return {
    opened,
    open: async () => {
      pass()
      await turns()
    },
  }
}

const cancelled = backendFault('it was told to stop', hresult.cancelled)

/** Resolves when the signal fires, or has fired. */
const fired = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** Waits for the gate, or for the signal, which then is what the intent fails with. */
export const orCancelled = async ({ opened }: Gate, signal: AbortSignal): Promise<Failure | undefined> => {
  if (!signal.aborted) await Promise.race([opened, fired(signal)])
  return signal.aborted ? cancelled : undefined
}

export type LayersBackend = Backend & {
  /** What was imported into each layer. */
  readonly contents: Map<number, Uint8Array>
  readonly performed: { readonly intent: Intent; readonly options: ExecuteOptions }[]
  readonly exported: { readonly layer: ExportedLayer; readonly options: ExportOptions }[]
}

type Hooks = {
  /** Called before the intent is performed; answers what it fails with. */
  readonly before?: (intent: Intent, options: ExecuteOptions) => Promise<Failure | undefined> | undefined
  /** What the layer is exported as. */
  readonly exports?: (layer: ExportedLayer, options: ExportOptions) => ByteStream<Failure> | undefined
}

async function* pieces(bytes: Uint8Array): ByteStream<Failure> & AsyncGenerator {
  for (let from = 0; from < bytes.length; from += 10) yield E.right(bytes.slice(from, from + 10))
}

const imported = async (tar: ByteStream<Failure> | readonly never[]): Promise<E.Either<Failure, Uint8Array>> => {
  const bytes: number[] = []
  for await (const chunk of tar) {
    if (E.isLeft(chunk)) return chunk
    bytes.push(...chunk.right)
  }
  return E.right(Uint8Array.from(bytes))
}

/** What is exported of a layer that nothing was imported into. */
export const exportOf = (id: number): Uint8Array => textBytes(`the tar of layer ${id}, in several pieces`)

/** A backend whose layers hold the bytes of the tar that was imported into them. */
export const layersBackend = ({ before, exports }: Hooks = {}): LayersBackend => {
  const contents: LayersBackend['contents'] = new Map()
  const performed: LayersBackend['performed'] = []
  const exported: LayersBackend['exported'] = []
  const inner = recordingBackend()
  const execute: Backend['execute'] = (intent, options) => async () => {
    performed.push({ intent, options })
    const failure = await before?.(intent, options)
    if (failure !== undefined) return E.left(failure)
    if (intent.type !== 'ImportLayer') return inner.execute(intent, options)()
    const bytes = await imported(options.tar ?? [])
    if (E.isLeft(bytes)) return bytes
    contents.set(intent.layer, bytes.right)
    const usage = { size: bytes.right.length, inodes: 0, onDisk: 0, scratch: 0 }
    return E.right({ type: 'LayerImported', usage, entries: 3 } satisfies Result)
  }
  return {
    ...inner,
    contents,
    performed,
    exported,
    execute,
    exportLayer: (layer, options) => {
      exported.push({ layer, options })
      return exports?.(layer, options) ?? pieces(contents.get(layer.id) ?? exportOf(layer.id))
    },
  }
}

export type Opened = {
  readonly snapshotter: Snapshotter
  readonly store: ReturnType<typeof arrayStore>
  readonly content: MapContent
  readonly backend: LayersBackend
}

/** A snapshotter with content and codecs. */
export const openLayers = async (
  options: Partial<OpenOptions> & { readonly hooks?: Hooks; readonly from?: Partial<Opened> } = {},
): Promise<Opened> => {
  const { hooks = {}, from = {}, ...others } = options
  const { store = arrayStore(), content = mapContent(), backend = layersBackend(hooks) } = from
  const snapshotter = await open({ store, backend, content, codecs: testCodecs, ...others })
  return { snapshotter, store, content, backend }
}

export const prepareUnpack = (snapshotter: Snapshotter, key: string, parent = ''): Promise<readonly Mount[]> =>
  ok(snapshotter.prepare(key, { parent, purpose: 'unpack' }))

/** The two sides of a comparison: views of a layer and of its parent, or the mounts of an Active one. */
export type Pair = { readonly lower: readonly Mount[]; readonly upper: readonly Mount[] }

/** Layers 1 (`base`) and 2 (`middle`) are committed, 3 (`a`) is Active on them; views come after. */
export const built = async (
  options: Parameters<typeof openLayers>[0] = {},
): Promise<Opened & Record<'active' | 'sealed', Pair>> => {
  const opened = await openLayers(options)
  const { snapshotter } = opened
  await commitLayer(snapshotter, 'base')
  await ok(snapshotter.prepare('k', { parent: 'base' }))
  await ok(snapshotter.commit('middle', 'k'))
  const upper = await ok(snapshotter.prepare('a', { parent: 'middle' }))
  const ofMiddle = await ok(snapshotter.view('of middle', { parent: 'middle' }))
  const ofBase = await ok(snapshotter.view('of base', { parent: 'base' }))
  return { ...opened, active: { lower: ofMiddle, upper }, sealed: { lower: ofBase, upper: ofMiddle } }
}
