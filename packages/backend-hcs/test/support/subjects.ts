import * as E from 'fp-ts/lib/Either.js'
import { backendFault, hresult, type Backend, type Intent, type Profile } from '@varve/core/ports'
import { systemClock } from '@varve/core'
import type { BackendSubject, SnapshotterSubject } from '@varve/core/conformance'
import { openSnapshotter } from '@varve/core/promise'
import type { NativeSource } from '../../src/driver.js'
import { backendOver } from '../../src/hcs-backend.js'
import { dropRoot } from './drop-root.js'
import { memoryStore } from './memory-store.js'
import { openPlan, type Leaks } from './plan.js'
import { standin } from './standin.js'

let roots = 0

/** A root that nobody has used. Under Wine drives are those of the whole machine, and only that of the stand-in is ours. */
export const freshRoot = (): string => `${process.platform === 'win32' ? standin().base : 'C:'}\\layers ${++roots}`

const plan = openPlan()
const nothingLeft: Leaks = { handles: 0, contexts: 0, texts: 0 }

/** Fails if an operation that was not cut has left anything open. */
export const checkLeaks = (what: string): void => {
  const found = plan.leaks()
  if (JSON.stringify(found) === JSON.stringify(nothingLeft)) return
  plan.forgetLeaks()
  throw new Error(`${what} left open: ${JSON.stringify(found)}; its last calls: ${plan.log(60).join(' ')}`)
}

/** A backend of which the next intent of a type can be cut after some calls. What is cut before its end has failed. */
const cutting = (backend: Backend) => {
  const cuts = new Map<Intent['type'], number>()
  const execute: Backend['execute'] = (intent, options) => async () => {
    const steps = cuts.get(intent.type)
    cuts.delete(intent.type)
    if (steps === undefined) return backend.execute(intent, options)()
    plan.crash(steps)
    const outcome = await backend.execute(intent, options)()
    const { hit } = plan.disarm()
    if (hit === undefined) return outcome
    plan.forgetLeaks()
    return E.left(backendFault(`${intent.type} was cut after ${steps} calls, at ${hit}`, hresult.unspecified))
  }
  return {
    backend: { ...backend, execute },
    cut: (type: Intent['type'], steps: number): void => void cuts.set(type, steps),
  }
}

/** Opens fresh backends over the stand-in. */
export const backendSubjects = (native: NativeSource) => async (): Promise<BackendSubject> => {
  const root = freshRoot()
  const opened: Backend[] = []
  const open = (): Backend => {
    const backend = backendOver({ root }, native)
    opened.push(backend)
    return backend
  }
  const { backend, cut } = cutting(open())
  return {
    backend,
    cut,
    reopen: () => Promise.resolve(open()),
    close: async () => {
      for (const one of opened) await one.close()()
      checkLeaks('the case')
      await dropRoot(root)
    },
  }
}

/** Opens fresh snapshotters over the stand-in. */
export const snapshotterSubjects =
  (native: NativeSource, profile: Profile) => async (): Promise<SnapshotterSubject> => {
    const root = freshRoot()
    const backend = backendOver({ root }, native)
    const clock = systemClock()
    const snapshotter = await openSnapshotter({ store: memoryStore(), backend, profile, clock })
    return {
      snapshotter,
      profile,
      layout: backend.layout,
      supports: backend.supports,
      now: clock.now,
      close: async () => {
        await snapshotter.close()
        checkLeaks('the case')
        await dropRoot(root)
      },
    }
  }
