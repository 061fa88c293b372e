import type { Sidecar } from '../src/model/sidecar.js'
import type { Backend, BackendMaintenance, BackendMend, Found } from '../src/runtime/ports.js'
import { equal, ok } from './assert.js'
import {
  backendCase,
  type BackendCase,
  fill,
  intents,
  makeBase,
  openBackend,
  perform,
  seenThroughView,
  thisLog,
} from './backend-rig.js'
import { left, right } from './ports.js'
import type { BackendSubject } from './subject.js'

type Body = (backend: Backend, maintenance: BackendMaintenance, subject: BackendSubject) => Promise<void>

/** A case that a backend without maintenance passes. */
const maintenanceCase = (name: string, body: Body): BackendCase =>
  backendCase(`maintenance/${name}`, async (subject) => {
    const { backend } = subject
    if (backend.maintenance !== undefined) await body(backend, backend.maintenance, subject)
  })

const foundBy = async ({ inspect }: BackendMaintenance): Promise<readonly Found[]> => {
  const all: Found[] = []
  for await (const found of inspect()) {
    if (found._tag === 'Left') throw new Error(`inspect: ${found.left.message}`)
    all.push(found.right)
  }
  return all.sort((one, other) => (one.path < other.path ? -1 : 1))
}

const of = <R extends Found['role']>(found: readonly Found[], role: R) =>
  found.filter((one): one is Extract<Found, { readonly role: R }> => one.role === role)

/** Layer 1, a base; 2, a layer on it; 3, a scratch on that; 4, a retired one. */
const someLayers = async (backend: Backend): Promise<void> => {
  await openBackend(backend)
  await makeBase(backend)
  await perform(backend, intents.create(2, { parents: [1] }))
  await perform(backend, intents.seal(2, { parents: [1] }))
  await perform(backend, intents.create(3, { parents: [2, 1] }))
  await perform(backend, intents.create(4))
  await perform(backend, intents.retire(4))
}

const sidecarOf3: Sidecar = {
  id: 3,
  kind: 'Active',
  name: 'key 3',
  parents: [2, 1],
  purpose: 'scratch',
  profile: 'bind',
  labels: {},
}

const empty = maintenanceCase('a root that nobody has used is empty, and stays so', async (_, maintenance, subject) => {
  const before = await subject.names?.()
  equal('found', await foundBy(maintenance), [])
  equal('names', await subject.names?.(), before)
})

const everything = maintenanceCase('everything in a root is found, whoever has it', async (backend, _, subject) => {
  await someLayers(backend)
  const names = await subject.names?.()
  const { maintenance } = await subject.reopen()
  if (maintenance === undefined) throw new Error('only the first backend has a maintenance')
  const found = await foundBy(maintenance)
  equal('names', await subject.names?.(), names)
  equal(
    'owner',
    of(found, 'owner').map(({ log }) => log),
    [thisLog],
  )
  const layers = of(found, 'layer')
  equal(
    'layers',
    layers.map(({ path, id, retired }) => ({ path, id, retired })),
    [
      { path: 'snapshots/1', id: 1, retired: false },
      { path: 'snapshots/2', id: 2, retired: false },
      { path: 'snapshots/3', id: 3, retired: false },
      { path: 'snapshots/rm-4', id: 4, retired: true },
    ],
  )
  const [base, layer, scratch] = layers.map(({ parts }) => parts)
  equal('files of the base that are missing', base?.missingBaseFiles, [])
  equal('contents', [base?.hasFiles, layer?.hasFiles], [true, true])
  const disks = scratch?.disks.map(({ path, virtualSize }) => [path, virtualSize !== undefined])
  equal('disks of the scratch', disks, [['sandbox.vhdx', true]])
  const sidecars = of(found, 'sidecar').map(({ log, sidecar }) => [log, sidecar?.kind, sidecar?.parents])
  equal('sidecars', sidecars.slice(0, 3), [
    [thisLog, 'Committed', []],
    [thisLog, 'Committed', [1]],
    [thisLog, 'Active', [2, 1]],
  ])
})

const shown = maintenanceCase('what is attached is found', async (backend, _, subject) => {
  await someLayers(backend)
  await perform(backend, intents.attach(3, { parents: [2, 1] }))
  const { maintenance } = await subject.reopen()
  const found = maintenance === undefined ? [] : await foundBy(maintenance)
  ok(
    'an attachment of layer 3',
    of(found, 'attachment').some(({ id, shows }) => id === 3 && shows),
    found,
  )
})

const counted = maintenanceCase(
  'what a scratch holds is counted once, wherever it is',
  async (backend, maintenance) => {
    const below = { parents: [1] }
    const bytes = 1_000_000
    const besideLayer2 = async () => of(await foundBy(maintenance), 'content').filter(({ id }) => id === 2)
    await openBackend(backend)
    await makeBase(backend)
    await perform(backend, intents.create(2, below))
    const fresh = await right('usage', backend.usage(2))
    await fill(backend, 2, below, (files) => files.write('large', 'x'.repeat(bytes)))
    const filled = await right('usage', backend.usage(2))
    // Of what is in the disk nothing but the disk is seen.
    const isBeside = (await besideLayer2()).length > 0
    const outside = fresh.size - fresh.scratch + (isBeside ? bytes : 0)
    equal('size without the disk', filled.size - filled.scratch, outside)
    if (isBeside) equal('size of the disk, which holds nothing of it', filled.scratch, fresh.scratch)
    await perform(backend, intents.seal(2, below))
    const sealed = await right('usage', backend.usage(2))
    const content = sealed.size - sealed.scratch
    ok('size of the sealed layer without the disk', content >= bytes && content < 2 * bytes, sealed)
    equal('beside the sealed layer', await besideLayer2(), [])
  },
)

const twice = async ({ mend }: BackendMaintenance, asked: BackendMend): Promise<void> => {
  await right(asked.type, mend(asked))
  await right(`${asked.type} again`, mend(asked))
}

const other = '00000000-0000-4000-8000-00000000beef'

const takes = maintenanceCase('a root changes hands', async (backend, maintenance, subject) => {
  await someLayers(backend)
  await right('close', backend.close())
  await twice(maintenance, { type: 'TakeRoot', log: other })
  equal(
    'owner',
    of(await foundBy(maintenance), 'owner').map(({ log }) => log),
    [other],
  )
  const next = await subject.reopen()
  await left('open for the log before', next.open({ log: thisLog, unclaimed: async () => [] }), 'BackendFault')
  await right('open', next.open({ log: other, unclaimed: async () => [] }))
  await right('close', next.close())
})

const moves = maintenanceCase('what is put aside is kept', async (backend, maintenance) => {
  await someLayers(backend)
  await right('close', backend.close())
  await twice(maintenance, { type: 'QuarantineLayer', id: 3, retired: false, to: '3-1' })
  await twice(maintenance, { type: 'QuarantineLayer', id: 4, retired: true, to: 'rm-4-1' })
  await twice(maintenance, { type: 'Quarantine', path: 'meta/2.json', to: 'meta-2.json-1' })
  const found = await foundBy(maintenance)
  equal(
    'layers',
    of(found, 'layer').map(({ id }) => id),
    [1, 2],
  )
  equal(
    'sidecars',
    of(found, 'sidecar').map(({ id }) => id),
    [1],
  )
  const aside = of(found, 'quarantined').map(({ path }) => path)
  for (const name of ['3-1', 'rm-4-1', 'meta-2.json-1']) ok(name, aside.includes(`quarantine/${name}`), aside)
})

const reinstates = maintenanceCase('a retired layer gets its name back', async (backend, maintenance, subject) => {
  await openBackend(backend)
  await makeBase(backend)
  const before = await seenThroughView(backend, [1])
  await perform(backend, intents.retire(1))
  await right('close', backend.close())
  await twice(maintenance, { type: 'Reinstate', id: 1 })
  await right('close', backend.close())
  const next = await subject.reopen()
  await openBackend(next)
  equal('what it holds', await seenThroughView(next, [1]), before)
  await right('close', next.close())
})

const writes = maintenanceCase('a sidecar is written anew', async (backend, maintenance) => {
  await someLayers(backend)
  await right('close', backend.close())
  const sidecar = { ...sidecarOf3, labels: { a: '1' } }
  await twice(maintenance, { type: 'WriteSidecar', log: other, sidecar })
  const [, , third] = of(await foundBy(maintenance), 'sidecar')
  equal('it says', { log: third?.log, sidecar: third?.sidecar }, { log: other, sidecar })
})

const remakes = maintenanceCase('what holds no content is made anew', async (backend, maintenance) => {
  await someLayers(backend)
  await perform(backend, intents.create(5, { parents: [2, 1], kind: 'View' }))
  await right('close', backend.close())
  const before = await foundBy(maintenance)
  const aside = (path: string, to: string): BackendMend => ({ type: 'Quarantine', path, to })
  if (maintenance.remakes.includes('scratch of a View')) {
    await right('the disk goes', maintenance.mend(aside('snapshots/5/sandbox.vhdx', 'a')))
    const remake = { type: 'RemakeDisk', id: 5, path: 'sandbox.vhdx', parents: [2, 1], requested: '0' } as const
    await twice(maintenance, remake)
  }
  if (maintenance.remakes.includes('template')) {
    await right('the template goes', maintenance.mend(aside('snapshots/1/blank.vhdx', 'b')))
    await twice(maintenance, { type: 'RemakeDisk', id: 1, path: 'blank.vhdx', parents: [], requested: '0' })
  }
  if (maintenance.remakes.includes('base files')) {
    await right('the hives go', maintenance.mend(aside('snapshots/1/Hives', 'c')))
    await twice(maintenance, { type: 'RemakeBaseFiles', id: 1 })
  }
  equal('layers', of(await foundBy(maintenance), 'layer'), of(before, 'layer'))
})

const refuses = maintenanceCase('nothing but what is left of work is deleted', async (backend, maintenance) => {
  await someLayers(backend)
  await right('close', backend.close())
  for (const path of ['meta/1.json', 'snapshots/1', 'snapshots/rm-4', 'varve.json'])
    await left(`deleting ${path}`, maintenance.mend({ type: 'DeleteTemporary', path }), 'BackendFault')
  equal(
    'layers',
    of(await foundBy(maintenance), 'layer').map(({ id }) => id),
    [1, 2, 3, 4],
  )
})

/** What a backend that can be looked into and mended must do. */
export const maintenanceCases: readonly BackendCase[] = [
  empty,
  everything,
  shown,
  counted,
  takes,
  moves,
  reinstates,
  writes,
  remakes,
  refuses,
]
