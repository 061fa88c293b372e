import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  backendFault,
  failedPrecondition,
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
import { connection, notOpen, type Connection } from './connection.js'
import { asBackendFault, asFailure, codes } from './failure.js'
import { openDriver, type NativeSource } from './driver.js'
import type { Done } from './layers/control.js'
import type { Answer, Arguments, Operation } from './layers/operations.js'
import { readOptions, type HcsBackendOptions } from './options.js'

/** Shown where options are malformed; nothing is ever there. */
const nowhere: Layout = { root: 'C:\\varve', separator: '\\' }

const notWindows = (platform: string): BackendFault =>
  backendFault(
    `the Host Compute Service is part of Windows, and this is ${platform}; use fakeBackend({ root }) of @varve/backend-fake here`,
    codes.notImplemented,
  )

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
  epoch: bigint | undefined,
  { signal, progress }: ExportOptions,
): ByteStream<Failure> {
  const report = (done: Done): void => progress({ intent: '', layer: id, ...done })
  for await (const chunk of link.stream([{ id, parents }, epoch], { signal, progress: report }))
    yield E.mapLeft(asFailure)(chunk)
}

/**
 * Where an attached layer's content is: a parentless layer that can be written is the inside of its `Files`, any other is
 * shown in a folder of its own.
 */
const contentPath = (layout: Layout, id: SnapshotId, isInPlace: boolean): string =>
  isInPlace ? pathOf(layout, 'snapshots', String(id), 'Files') : pathOf(layout, 'mounts', String(id))

/** `native`: where the functions of Windows come from, when it is not Windows itself. */
export const backendOver = (options: HcsBackendOptions, native?: NativeSource): Backend => {
  const read = readOptions(options)
  const layout = E.isRight(read) ? read.right : nowhere
  const link = connection(() => {
    if (E.isLeft(read)) return read
    if (native === undefined && process.platform !== 'win32') return E.left(notWindows(process.platform))
    return E.right(openDriver(layout, native))
  })
  return {
    layout,
    supports: { readOnlyViews: true },
    open: (owner) => async () => {
      const wasOpen = link.isOpen()
      const opened = E.mapLeft(asBackendFault)(await openFor(link, owner))
      if (E.isLeft(opened) && !wasOpen) await link.disconnect()
      return opened
    },
    execute:
      (intent, { signal, progress, tar }) =>
      async () => {
        const report = (done: Done): void => progress({ intent: intent.id, layer: intent.layer, ...done })
        const limits = { signal, progress: report, ...(tar === undefined ? {} : { tar }) }
        return E.mapLeft(asFailure)(await link.call('perform', [intent], limits))
      },
    exportLayer: (layer, { signal, progress, epoch }) => exported(link, layer, epoch, { signal, progress }),
    usage: (id) => async () => E.mapLeft(asBackendFault)(await link.call('usage', [id])),
    files: ({ id, kind, isParentless }) => ({
      path: contentPath(layout, id, isParentless && kind === 'Active'),
      files: contentOf(link, id),
    }),
    close: () =>
      TE.fromTask(async () => {
        await link.disconnect()
      }),
  }
}
