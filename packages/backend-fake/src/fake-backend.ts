import * as E from 'fp-ts/lib/Either.js'
import { resolveRoot } from '#host'
import { asFailure, driverBackend, type Answer, type Arguments, type Driver, type Operation } from '@varve/core/adapter'
import {
  backendFault,
  hresult,
  pathOf,
  type Backend,
  type BackendFault,
  type FilesError,
  type Layout,
} from '@varve/core/ports'
import { faultsOf, type Faults } from './faults.js'
import { memoryDriver, memoryLayout, memoryWorld } from './memory/driver.js'
import { readOptions, type FakeBackendOptions } from './options.js'
import type { WorldDriver } from './world/operations.js'
import { filesOf, mountOf } from './world/world.js'

type Made = { readonly layout: Layout; readonly start: () => Promise<E.Either<BackendFault, WorldDriver>> }

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

/** A driver whose intents go as the plan wants them to. */
const faulty = (driver: WorldDriver, plan: Faults): Driver => ({
  ...driver,
  call: <K extends Operation>(...[name, args, options]: Parameters<typeof driver.call<K>>) => {
    if (name !== 'perform') return driver.call(name, args, options)
    const [intent] = args as Arguments<'perform'>
    return plan(intent, options?.signal, async (cutAfter) =>
      E.mapLeft(asFailure)(
        await driver.call('perform', [intent], { ...options, ...(cutAfter === undefined ? {} : { cutAfter }) }),
      ),
    ) as Promise<E.Either<FilesError, Answer<K>>>
  },
})

/**
 * Simulated Windows snapshot storage: in memory, with Windows paths below `C:\varve`, or with a root in real directories of
 * the host. What a memory backend holds lasts as long as the object does, also when it is closed and opened again. Options
 * that are malformed, and a root where there is no file system, are a BackendFault when it is opened.
 */
export const fakeBackend = (options: FakeBackendOptions = {}): Backend => {
  const read = readOptions(options)
  const { root, faults = [] }: FakeBackendOptions = E.isRight(read) ? read.right : {}
  const made = root === undefined ? inMemory() : onDisk(root)
  return backendOf(E.isRight(read) ? made : { ...made, start: async () => read }, faultsOf(faults))
}

/** A backend over the world that `start` gives access to, whose intents go as the plan wants them to. */
export const backendOf = ({ layout, start }: Made, plan: Faults): Backend =>
  driverBackend({
    layout,
    supports: { readOnlyViews: false },
    remakes: ['scratch of an Active', 'scratch of a View', 'template', 'base files'],
    start: async () => E.map((driver: WorldDriver) => faulty(driver, plan))(await start()),
    contentPath: ({ id, isParentless }) => pathOf(layout, ...(isParentless ? filesOf(id) : mountOf(id)).split('/')),
  })
