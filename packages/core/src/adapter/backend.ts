import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { backendFault, failedPrecondition, hresult, type BackendFault, type Failure } from '../model/fault.js'
import type { SealLayer } from '../model/intent.js'
import type { Layout } from '../model/layout.js'
import type { SnapshotId } from '../model/snapshot.js'
import type {
  AttachedLayer,
  Backend,
  BackendMaintenance,
  ByteStream,
  ExportedLayer,
  ExportOptions,
  Files,
  FilesError,
  Found,
  FoundLayer,
  OwnedBy,
  Remakable,
} from '../runtime/ports.js'
import { connection, notOpen, type Connection } from './connection.js'
import type { Done, Driver } from './driver.js'
import { asBackendFault, asFailure, messageOf } from './failure.js'
import { sidecarOf } from './found.js'
import type { Answer, Arguments, Operation } from './operations.js'

const unclaimedOf = async (
  { unclaimed }: OwnedBy,
  found: readonly FoundLayer[],
): Promise<E.Either<FilesError, readonly FoundLayer[]>> => {
  try {
    return E.right(await unclaimed(found))
  } catch (cause) {
    return E.left(
      backendFault(`which layers have a record could not be told: ${messageOf(cause)}`, hresult.unspecified),
    )
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
  const options = { signal, progress: report, ...(spent === undefined ? {} : { spent }) }
  for await (const chunk of link.stream([{ id, parents }, epoch], options)) yield E.mapLeft(asFailure)(chunk)
}

const inspected = async function* (link: Connection): AsyncGenerator<E.Either<BackendFault, Found>> {
  const connected = await link.connect()
  if (E.isLeft(connected)) return yield connected
  const names = E.mapLeft(asBackendFault)(await link.call('survey', []))
  if (E.isLeft(names)) return yield names
  for (const name of names.right) {
    const holds = name.role === 'layer' || name.role === 'sidecar'
    const found = holds ? E.mapLeft(asBackendFault)(await link.call('look', [name])) : E.right(name)
    yield found
    if (E.isLeft(found)) return
  }
}

/** Lets the sidecar of a layer whose seal has failed say what its record says, if the seal had come to write another one. */
const noteActive = async (
  { call }: Connection,
  { layer, key, parents, madeParentless }: SealLayer,
): Promise<E.Either<FilesError, void>> => {
  const found = await call('look', [sidecarOf(layer)])
  if (E.isLeft(found)) return found
  if (found.right.role !== 'sidecar' || found.right.log === undefined) return E.right(undefined)
  const { log, sidecar } = found.right
  if (sidecar === undefined || sidecar.name === key) return E.right(undefined)
  const active = { ...sidecar, kind: 'Active', name: key, parents: madeParentless ? [] : parents } as const
  return call('mend', [{ type: 'WriteSidecar', log, sidecar: active }])
}

const sealFailed = async (link: Connection, intent: SealLayer, failure: Failure): Promise<Failure> => {
  const noted = link.isOpen() ? await noteActive(link, intent) : E.right(undefined)
  if (E.isRight(noted) || failure._tag !== 'BackendFault') return failure
  const found = `${sidecarOf(intent.layer).path} may say that it is committed, and could not be mended`
  return backendFault(`${failure.message}; ${found} (${noted.left.message}); repair sets that right`, failure.code)
}

const maintenanceOf = (link: Connection, remakes: readonly Remakable[]): BackendMaintenance => ({
  remakes,
  inspect: () => inspected(link),
  mend: (mend) => async () => {
    const connected = await link.connect()
    return E.isLeft(connected) ? connected : E.mapLeft(asBackendFault)(await link.call('mend', [mend]))
  },
})

/** What tells one backend over a driver from another. */
export type DriverBackend = {
  readonly layout: Layout
  readonly supports: Backend['supports']
  /** Starts the driver, at each opening anew. Answers why there is none; never rejects. */
  readonly start: () => Promise<E.Either<BackendFault, Driver>>
  /**
   * What `mend` can make anew of layers without a loss of content. Absent: the driver does no `survey`, `look` and `mend`, and what it
   * works on can't be checked, repaired or rescued. With it, the sidecar of a layer whose seal failed is looked at, and mended where it
   * does not say what the layer is again.
   */
  readonly remakes?: readonly Remakable[]
  /** Where the content of an attached layer is: a directory of the host. */
  readonly contentPath: (layer: AttachedLayer) => string
}

/**
 * The `Backend` of work that is done elsewhere: opening and closing as the port wants them, each call once the driver is there.
 * Before the opening and after the close every call is the BackendFault `notOpen`, one on content FailedPrecondition.
 */
export const driverBackend = ({ layout, supports, start, remakes, contentPath }: DriverBackend): Backend => {
  const link = connection(start)
  return {
    layout,
    supports,
    open: (owner) => async () => {
      const wasOpen = link.isOpen()
      const opened = E.mapLeft(asBackendFault)(await openFor(link, owner))
      if (E.isLeft(opened) && !wasOpen) await link.disconnect()
      return opened
    },
    execute:
      (intent, { progress, ...options }) =>
      async () => {
        const report = (done: Done): void => progress({ intent: intent.id, layer: intent.layer, ...done })
        const outcome = E.mapLeft(asFailure)(await link.call('perform', [intent], { ...options, progress: report }))
        if (E.isRight(outcome) || intent.type !== 'SealLayer' || remakes === undefined) return outcome
        return E.left(await sealFailed(link, intent, outcome.left))
      },
    exportLayer: (layer, options) => exported(link, layer, options),
    usage: (id) => async () => E.mapLeft(asBackendFault)(await link.call('usage', [id])),
    files: (layer) => ({ path: contentPath(layer), files: contentOf(link, layer.id) }),
    close: () =>
      TE.fromTask(async () => {
        await link.disconnect()
      }),
    ...(remakes === undefined ? {} : { maintenance: maintenanceOf(link, remakes) }),
  }
}
