import * as E from 'fp-ts/lib/Either.js'
import { aborted, closed } from '../model/fault.js'
import type { SnapshotId } from '../model/snapshot.js'
import { get } from '../state/table.js'
import type { Engine } from './engine.js'
import type { Refused } from './face.js'
import type { Parked } from './parking.js'

/** Tells a comparison, or the taking of a blob, to end before its time. */
export type Stop = { readonly signal: AbortSignal; readonly isStopped: () => boolean; readonly why: () => Refused }

/** Keeps a layer as it is until `release` is called, once no command that changes it is under way or waits before. */
export const pin = (engine: Engine, id: SnapshotId, stop: Stop): Promise<E.Either<Refused, () => void>> => {
  const { parking, pinned, journal, layerNames } = engine
  const touches = () => {
    const name = layerNames.get(id)
    return { changes: [], needs: name === undefined ? [] : [name] }
  }
  const release = (): void => {
    const count = (pinned.get(id) ?? 1) - 1
    if (count === 0) pinned.delete(id)
    else pinned.set(id, count)
    parking.retry()
  }
  return new Promise((resolve) => {
    const retry = (): boolean => {
      if (touches().needs.some((name) => get(journal.accepted.pending, name) !== undefined)) return false
      pinned.set(id, (pinned.get(id) ?? 0) + 1)
      stop.signal.removeEventListener('abort', leave)
      resolve(E.right(release))
      return true
    }
    const parked: Parked = {
      command: undefined,
      touches,
      retry,
      // Nothing but a refusal ends it from outside.
      end: (ended) => {
        if (E.isLeft(ended)) resolve(ended)
      },
    }
    const leave = (): void => {
      if (!parking.leave(parked)) return
      resolve(E.left(stop.why()))
      parking.retry()
    }
    if (stop.isStopped()) return resolve(E.left(stop.why()))
    stop.signal.addEventListener('abort', leave, { once: true })
    if (parking.isBehind(touches()) || !retry()) parking.park(parked)
  })
}

/** Fires with the caller's signal, and when the snapshotter closes. */
export const stopOf = (engine: Engine, signal: AbortSignal | undefined): Stop & { readonly over: () => void } => {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  let over = (): void => undefined
  const comparison = { abort, ended: new Promise<void>((resolve) => (over = resolve)) }
  engine.comparisons.add(comparison)
  signal?.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    isStopped: () => controller.signal.aborted,
    why: () => (signal?.aborted === true ? aborted(signal.reason) : closed('the snapshotter was closed')),
    over: () => {
      engine.comparisons.delete(comparison)
      over()
      signal?.removeEventListener('abort', abort)
    },
  }
}
