import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { resolveRoot } from '#host'
import {
  backendFault,
  failedPrecondition,
  hresult,
  pathOf,
  type Backend,
  type BackendFault,
  type ByteStream,
  type ExportedLayer,
  type ExportOptions,
  type Failure,
  type Files,
  type FilesError,
  type FoundLayer,
  type Layout,
  type OwnedBy,
  type SnapshotId,
} from '@varve/core/ports'
import { faultsOf } from './faults.js'
import { maintenanceOf } from './maintenance.js'
import { memoryDriver, memoryLayout, memoryWorld } from './memory/driver.js'
import { readOptions, type FakeBackendOptions } from './options.js'
import { asBackendFault, asFailure, codes } from './world/failure.js'
import type { Answer, Arguments, CallOptions, Driver, Operation, StreamOptions } from './world/operations.js'
import type { Done } from './world/work.js'
import { filesOf, mountOf } from './world/world.js'

type Made = { readonly layout: Layout; readonly start: () => Promise<E.Either<BackendFault, Driver>> }

const noHost = (root: string): BackendFault =>
  backendFault(
    `layers were asked for in ${root}, and there is no file system here; leave the root out to hold them in memory`,
    hresult.pathNotFound,
  )

/** Nothing of the on-disk world is loaded unless a root was given. */
const onDisk = (root: string): Made => {
  const layout = resolveRoot(root)
  if (layout === undefined) return { layout: memoryLayout, start: async () => E.left(noHost(root)) }
  return { layout, start: async () => (await import('#disk')).openDiskDriver(layout) }
}

const inMemory = (): Made => {
  const world = memoryWorld()
  return { layout: memoryLayout, start: async () => E.right(memoryDriver(world)) }
}

const notOpen = backendFault('the backend is not open; open it first', codes.notReady)

/** Calls on the driver of the present opening, and what of them is under way. */
const connection = ({ start }: Made) => {
  let driver: Driver | undefined
  let opening: Promise<E.Either<BackendFault, Driver>> | undefined
  const running = new Set<Promise<unknown>>()
  const streams = new Set<() => void>()

  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.allSettled(running)
  }
  const track = async <T>(promise: Promise<T>): Promise<T> => {
    running.add(promise)
    try {
      return await promise
    } finally {
      running.delete(promise)
    }
  }
  return {
    track,
    isOpen: (): boolean => driver !== undefined,
    connect: async (): Promise<E.Either<BackendFault, Driver>> => {
      // What an opening before this one still has under way would meet the recovery of the same intents.
      await idle()
      if (driver !== undefined) return E.right(driver)
      opening ??= start()
      const started = await opening
      opening = undefined
      if (E.isRight(started)) driver = started.right
      return started
    },
    call: <K extends Operation>(
      name: K,
      args: Arguments<K>,
      options?: CallOptions,
    ): Promise<E.Either<FilesError, Answer<K>>> =>
      driver === undefined ? Promise.resolve(E.left(notOpen)) : track(driver.call(name, args, options)),
    stream: async function* (args: Arguments<'exportLayer'>, options: StreamOptions): ByteStream<FilesError> {
      if (driver === undefined) return yield E.left(notOpen)
      const stopping = new AbortController()
      const stop = (): void => stopping.abort()
      if (options.signal?.aborted === true) stop()
      options.signal?.addEventListener('abort', stop)
      streams.add(stop)
      try {
        yield* driver.stream(args, { ...options, signal: stopping.signal })
      } finally {
        streams.delete(stop)
        options.signal?.removeEventListener('abort', stop)
      }
    },
    disconnect: async (): Promise<void> => {
      const last = driver
      // A stream waits for its reader, who may never come back.
      for (const stop of streams) stop()
      await idle()
      if (driver === last) driver = undefined
      await last?.end()
    },
  }
}

export type Connection = ReturnType<typeof connection>

const unclaimedOf = async (
  { unclaimed }: OwnedBy,
  found: readonly FoundLayer[],
): Promise<E.Either<FilesError, readonly FoundLayer[]>> => {
  try {
    return E.right(await unclaimed(found))
  } catch (cause) {
    return E.left(backendFault(`which layers have a record could not be told: ${String(cause)}`, codes.unspecified))
  }
}

const openFor = async (
  { connect, call }: Connection,
  owner: OwnedBy,
): Promise<E.Either<FilesError, { readonly quarantined: readonly string[] }>> => {
  const connected = await connect()
  if (E.isLeft(connected)) return connected
  const found = await call('claim', [owner.log])
  if (E.isLeft(found)) return found
  const unclaimed = await unclaimedOf(owner, found.right)
  if (E.isLeft(unclaimed)) return unclaimed
  return E.map((quarantined: readonly string[]) => ({ quarantined }))(await call('quarantine', [unclaimed.right]))
}

/** A content call after close fails as after detach, which close implies. */
const contentOf = ({ call }: Connection, id: SnapshotId): Files => {
  const ask =
    <K extends Operation>(name: K, args: Arguments<K>) =>
    async (): Promise<E.Either<FilesError, Answer<K>>> =>
      E.mapLeft((failure: FilesError) =>
        failure === notOpen ? failedPrecondition(`layer ${id} is not attached`) : failure,
      )(await call(name, args))
  return {
    read: (path) => ask('read', [id, path]),
    write: (path, content) => ask('write', [id, path, content]),
    list: (path) => ask('list', [id, path]),
    stat: (path) => ask('stat', [id, path]),
    remove: (path) => ask('remove', [id, path]),
    rename: (from, to) => ask('rename', [id, from, to]),
    link: (existing, path) => ask('link', [id, existing, path]),
    symlink: (target, path) => ask('symlink', [id, target, path]),
  }
}

async function* exported(
  link: Connection,
  { id, parents }: ExportedLayer,
  { signal, progress, epoch, spent }: ExportOptions,
): ByteStream<Failure> {
  const report = (done: Done): void => progress({ intent: '', layer: id, ...done })
  for await (const chunk of link.stream([{ id, parents }, epoch], { signal, progress: report, spent }))
    yield E.mapLeft(asFailure)(chunk)
}

/**
 * Simulated Windows snapshot storage: in memory, with Windows paths below `C:\varve`, or with a root in real directories of
 * the host. What a memory backend holds lasts as long as the object does, also when it is closed and opened again. Options
 * that are malformed, and a root where there is no file system, are a BackendFault when it is opened.
 */
export const fakeBackend = (options: FakeBackendOptions = {}): Backend => {
  const read = readOptions(options)
  const { root, faults = [] }: FakeBackendOptions = E.isRight(read) ? read.right : {}
  const made = root === undefined ? inMemory() : onDisk(root)
  const link = connection(E.isRight(read) ? made : { ...made, start: async () => read })
  const plan = faultsOf(faults)
  return {
    layout: made.layout,
    supports: { readOnlyViews: false },
    open: (owner) => async () => {
      const wasOpen = link.isOpen()
      const opened = E.mapLeft(asBackendFault)(await openFor(link, owner))
      if (E.isLeft(opened) && !wasOpen) await link.disconnect()
      return opened
    },
    execute:
      (intent, { signal, progress, tar, spend }) =>
      async () =>
        link.track(
          plan(intent, signal, async (cutAfter) => {
            const report = (done: Done): void => progress({ intent: intent.id, layer: intent.layer, ...done })
            const limits = {
              signal,
              progress: report,
              ...(cutAfter === undefined ? {} : { cutAfter }),
              ...(tar === undefined ? {} : { tar }),
              ...(spend === undefined ? {} : { spend }),
            }
            return E.mapLeft(asFailure)(await link.call('perform', [intent], limits))
          }),
        ),
    exportLayer: (layer, asked) => exported(link, layer, asked),
    usage: (id) => async () => E.mapLeft(asBackendFault)(await link.call('usage', [id])),
    files: ({ id, isParentless }) => {
      const path = isParentless ? filesOf(id) : mountOf(id)
      return { path: pathOf(made.layout, ...path.split('/')), files: contentOf(link, id) }
    },
    close: () =>
      TE.fromTask(async () => {
        await link.disconnect()
      }),
    maintenance: maintenanceOf(link, ['scratch of an Active', 'scratch of a View', 'template', 'base files']),
  }
}
