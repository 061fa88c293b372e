import type { Intent } from '@varve/core/ports'
import type { World } from '../../src/world/world.js'
import { addLayer, attach, change, contentOf, create, destroy, detach, perform, retire, seal } from './acts.js'
import { listing } from './listing.js'
import { hasSymlinks, onGround, type Ground } from './worlds.js'

/** An intent, and the world it is performed in. */
export type Scenario = { readonly prepare: (world: World) => void; readonly intent: Intent }

const base = (world: World): void =>
  addLayer(world, 1, [], (content) => {
    content.write('kept', 'kept')
    content.write('gone/a', 'a')
    content.write('linked', 'l')
    content.link('linked', 'again')
    content.write('became/file', 'x')
  })

export const scratch = (world: World): void => {
  base(world)
  perform(world, create(2, { parents: [1] }))
}

const changed = (world: World): void => {
  change(world, 2, [1], (content) => {
    content.remove('gone')
    content.write('mine/deep', 'first')
    content.link('mine/deep', 'mine/too')
    content.write('dropped', 'later')
  })
}

const written = (world: World): void => {
  scratch(world)
  changed(world)
  perform(world, attach(2, [1]))
  const content = contentOf(world, 2)
  content.write('gone/b', 'back')
  content.remove('dropped')
  content.remove('became')
  content.write('became', 'a file')
  content.write('linked', 'both')
  if (hasSymlinks) content.symlink('kept', 'link')
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  'creating a parentless layer': { prepare: () => undefined, intent: create(1) },
  'creating a scratch': { prepare: base, intent: create(2, { parents: [1] }) },
  'creating a larger scratch for a utility VM': {
    prepare: (world) => {
      perform(world, create(1))
      world.disk.mkdir('snapshots/1/UtilityVM/Files/EFI/Microsoft/Boot')
      world.disk.write('snapshots/1/UtilityVM/Files/EFI/Microsoft/Boot/BCD', Uint8Array.of(1))
      perform(world, seal(1))
    },
    intent: create(2, { parents: [1], scratch: { utilityVm: true, requested: String(30n * 1024n ** 3n) } }),
  },
  'sealing a base layer': {
    prepare: (world) => {
      perform(world, create(1))
      change(world, 1, [], (content) => content.write('windows/a', 'a'))
    },
    intent: seal(1),
  },
  'sealing a child': {
    prepare: (world) => {
      scratch(world)
      changed(world)
    },
    intent: seal(2, { parents: [1] }),
  },
  'sealing a child that nobody wrote to': { prepare: scratch, intent: seal(2, { parents: [1] }) },
  'sealing a parentless layer that gains a parent': {
    prepare: (world) => {
      base(world)
      perform(world, create(2))
    },
    intent: seal(2, { parents: [1], madeParentless: true }),
  },
  'attaching a parentless layer': { prepare: (world) => perform(world, create(1)), intent: attach(1) },
  'attaching a scratch': {
    prepare: (world) => {
      scratch(world)
      changed(world)
    },
    intent: attach(2, [1]),
  },
  'detaching a parentless layer': {
    prepare: (world) => {
      perform(world, create(1))
      perform(world, attach(1))
    },
    intent: detach(1),
  },
  'detaching a scratch': { prepare: written, intent: detach(2, [1]) },
  'retiring an attached scratch': { prepare: written, intent: retire(2) },
  'destroying a scratch': {
    prepare: (world) => {
      written(world)
      perform(world, retire(2))
    },
    intent: destroy(2),
  },
}

/**
 * What has to be the same: everything but manifests of merged trees, which name inodes and times, and dropped trees, which
 * go at the next opening.
 */
const stateOf = (world: World): readonly string[] => listing(world.disk, '', /^mounts\/\d+\.(?:ndjson|gone)$/)

const contentAfter = (world: World): readonly string[] => {
  if (world.disk.lstat('snapshots/2/sandbox.vhdx') === undefined || world.disk.lstat('snapshots/2/Files') !== undefined)
    return []
  perform(world, attach(2, [1]))
  const shown = listing(world.disk, 'mounts/2')
  perform(world, detach(2, [1]))
  return shown
}

export type Ending = { readonly state: readonly string[]; readonly shown: readonly string[] }

export const endingOf = (world: World): Ending => ({ state: stateOf(world), shown: contentAfter(world) })

export const endingOnce = (make: () => Ground, { prepare, intent }: Scenario): Ending => {
  let ending: Ending | undefined
  onGround(make, ({ open }) => {
    const world = open()
    prepare(world)
    perform(world, intent)
    ending = endingOf(world)
  })
  if (ending === undefined) throw new Error('the scenario did not run')
  return ending
}
