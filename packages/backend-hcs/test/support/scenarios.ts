import * as E from 'fp-ts/lib/Either.js'
import type { Backend, Failure, SnapshotId } from '@varve/core/ports'
import { execute, exportOf, fill, intents, perform, right, shownIn } from './acts.js'
import { item, shownTar, tarOf } from './tars.js'

type Outcome = Promise<E.Either<Failure, unknown>>

/** Something that is asked of a backend on a layer of its own, beside base layer 1, which has a utility VM, and layer 2 on it. */
export type Scenario = {
  readonly name: string
  readonly before: (backend: Backend, layer: SnapshotId) => Promise<unknown>
  readonly run: (backend: Backend, layer: SnapshotId) => Outcome
  /** What can be seen of the layer when it is done. */
  readonly seen: (backend: Backend, layer: SnapshotId) => Promise<unknown>
}

/** As much of a registry hive as is looked at: the first block with its checksum. */
export const hive = (): Uint8Array => {
  const bytes = new Uint8Array(8192)
  bytes.set(new TextEncoder().encode('regf'))
  const view = new DataView(bytes.buffer)
  let sum = 0
  for (let at = 0; at < 508; at += 4) sum ^= view.getUint32(at, true)
  view.setUint32(508, sum, true)
  return bytes
}

const boot = 'UtilityVM/Files/EFI/Microsoft/Boot'

const machineItems = [
  item.folder('UtilityVM'),
  item.folder('UtilityVM/Files'),
  item.folder('UtilityVM/Files/EFI'),
  item.folder('UtilityVM/Files/EFI/Microsoft'),
  item.folder(boot),
  item.file(`${boot}/BCD`, hive()),
  item.file('UtilityVM/Files/kernel', 'k'),
]

export const baseTar = tarOf(
  item.folder('Files'),
  item.folder('Files/Windows'),
  item.folder('Files/Windows/System32'),
  item.folder('Files/Windows/System32/config'),
  item.file('Files/Windows/System32/config/SYSTEM', hive()),
  item.file('Files/lower', 'of the base', { A: Uint8Array.of(1, 2, 3) }),
  item.stream('Files/lower', 'zone', 'a stream'),
  item.link('Files/second', 'Files/lower'),
  item.symlink('Files/pointer', 'lower'),
  item.described('Files/described', 'O:BAG:BAD:(A;;FA;;;BA)'),
  item.folder('Files/folder'),
  item.file('Files/folder/deep', 'of the base'),
  ...machineItems,
)

const childTar = tarOf(
  item.folder('Files'),
  item.file('Files/both', 'of the child'),
  item.link('Files/third', 'Files/lower'),
  item.whiteout('Files/second'),
  item.folder('Files/folder'),
  item.whiteout('Files/folder/deep'),
  item.file('Files/folder/new', 'of the child'),
  item.symlink('Files/there', 'folder\\new'),
  item.folder('Hives'),
  item.file('Hives/System_Delta', 'a delta'),
  ...machineItems.slice(0, 2),
  item.file('UtilityVM/Files/kernel', 'newer'),
)

/** Makes layers 1 and 2. */
export const makeGround = async (backend: Backend): Promise<void> => {
  await perform(backend, intents.create(1, [], { purpose: 'unpack' }))
  await perform(backend, intents.apply(1), baseTar)
  await perform(backend, intents.seal(1, [], { purpose: 'unpack', applied: true }))
  await perform(backend, intents.create(2, [1]))
  await fill(backend, 2, [1], { both: 'of the second', 'folder/deep': undefined, 'upper/file': 'u' })
  await perform(backend, intents.seal(2, [1]))
}

const on = [2, 1]

const makeChild = async (backend: Backend, layer: SnapshotId): Promise<void> => {
  await perform(backend, intents.create(layer, on))
  await fill(backend, layer, on, { both: 'of the child', lower: undefined, 'folder/own': 'o' })
}

const makeAlone = async (backend: Backend, layer: SnapshotId): Promise<void> => {
  await perform(backend, intents.create(layer))
  await fill(backend, layer, [], { alone: 'x'.repeat(1_000), 'folder/deep': 'd' })
}

const nothing = async (): Promise<void> => undefined

/** What a view of a sealed layer shows, and its tar. */
const sealed =
  (parents: readonly SnapshotId[]) =>
  async (backend: Backend, layer: SnapshotId): Promise<unknown> => {
    const view = layer + 500_000
    const below = [layer, ...parents]
    await perform(backend, intents.create(view, below, { kind: 'View' }))
    await perform(backend, intents.attach(view, below, 'View'))
    const shown = await shownIn(backend, view, below, 'View')
    await perform(backend, intents.retire(view))
    await perform(backend, intents.destroy(view))
    return { shown, tar: await exported(parents)(backend, layer) }
  }

const exported =
  (parents: readonly SnapshotId[]) =>
  async (backend: Backend, layer: SnapshotId): Promise<readonly string[]> => {
    const tar = await exportOf(backend, layer, parents)
    return E.isRight(tar) ? shownTar(tar.right) : [tar.left.message]
  }

const active =
  (parents: readonly SnapshotId[], kind: 'Active' | 'View' = 'Active') =>
  async (backend: Backend, layer: SnapshotId): Promise<unknown> => {
    await perform(backend, intents.attach(layer, parents, kind))
    const shown = await shownIn(backend, layer, parents, kind)
    await perform(backend, intents.detach(layer, parents))
    const { size, scratch } = await right(backend.usage(layer))
    return { shown, size, scratch }
  }

const gone = async (backend: Backend, layer: SnapshotId): Promise<unknown> => (await backend.usage(layer)())._tag

const creations: readonly Scenario[] = [
  {
    name: 'create a parentless layer',
    before: nothing,
    run: (backend, layer) => execute(backend, intents.create(layer)),
    seen: active([]),
  },
  {
    name: 'create a large scratch with one for a utility VM',
    before: nothing,
    run: (backend, layer) =>
      execute(backend, intents.create(layer, on, { scratch: { requested: String(40n << 30n), utilityVm: true } })),
    seen: active(on),
  },
]

const attachments: readonly Scenario[] = [
  {
    name: 'attach a scratch',
    before: makeChild,
    run: (backend, layer) => execute(backend, intents.attach(layer, on)),
    seen: active(on),
  },
  {
    name: 'attach a parentless view',
    before: (backend, layer) => perform(backend, intents.create(layer, [], { kind: 'View' })),
    run: (backend, layer) => execute(backend, intents.attach(layer, [], 'View')),
    seen: active([], 'View'),
  },
  {
    name: 'detach a scratch',
    before: async (backend, layer) => {
      await makeChild(backend, layer)
      await perform(backend, intents.attach(layer, on))
    },
    run: (backend, layer) => execute(backend, intents.detach(layer, on)),
    seen: active(on),
  },
]

const seals: readonly Scenario[] = [
  {
    name: 'seal a parentless layer',
    before: makeAlone,
    run: (backend, layer) => execute(backend, intents.seal(layer)),
    seen: sealed([]),
  },
  {
    name: 'seal a scratch',
    before: makeChild,
    run: (backend, layer) => execute(backend, intents.seal(layer, on)),
    seen: sealed(on),
  },
  {
    name: 'seal a parentless layer that gained a parent',
    before: makeAlone,
    run: (backend, layer) => execute(backend, intents.seal(layer, on, { madeParentless: true })),
    seen: sealed(on),
  },
]

const tars: readonly Scenario[] = [
  {
    name: 'apply a base layer',
    before: (backend, layer) => perform(backend, intents.create(layer, [], { purpose: 'unpack' })),
    run: (backend, layer) => execute(backend, intents.apply(layer), { tar: baseTar }),
    seen: async (backend, layer) => {
      await perform(backend, intents.seal(layer, [], { purpose: 'unpack', applied: true }))
      return sealed([])(backend, layer)
    },
  },
  {
    name: 'seal a base layer that was applied',
    before: async (backend, layer) => {
      await perform(backend, intents.create(layer, [], { purpose: 'unpack' }))
      await perform(backend, intents.apply(layer), baseTar)
    },
    run: (backend, layer) => execute(backend, intents.seal(layer, [], { purpose: 'unpack', applied: true })),
    seen: sealed([]),
  },
  {
    name: 'apply a layer with parents',
    before: (backend, layer) => perform(backend, intents.create(layer, [1], { purpose: 'unpack' })),
    run: (backend, layer) => execute(backend, intents.apply(layer, [1]), { tar: childTar }),
    seen: async (backend, layer) => {
      await perform(backend, intents.seal(layer, [1], { purpose: 'unpack', applied: true }))
      return sealed([1])(backend, layer)
    },
  },
  {
    name: 'export a base layer',
    before: nothing,
    run: (backend) => exportOf(backend, 1),
    seen: (backend) => exported([])(backend, 1),
  },
  {
    name: 'export a scratch',
    before: makeChild,
    run: (backend, layer) => exportOf(backend, layer, on),
    seen: exported(on),
  },
]

const removals: readonly Scenario[] = [
  {
    name: 'retire an attached scratch',
    before: async (backend, layer) => {
      await makeChild(backend, layer)
      await perform(backend, intents.attach(layer, on))
    },
    run: (backend, layer) => execute(backend, intents.retire(layer)),
    seen: gone,
  },
  {
    name: 'destroy a retired scratch',
    before: async (backend, layer) => {
      await makeChild(backend, layer)
      await perform(backend, intents.retire(layer))
    },
    run: (backend, layer) => execute(backend, intents.destroy(layer)),
    seen: gone,
  },
]

/** Every kind of work that is done on a layer. */
export const scenarios: readonly Scenario[] = [...creations, ...attachments, ...seals, ...tars, ...removals]
