import { ownerBytes, ownerFile, templatesThere } from '@varve/core/adapter'
import { backendFault, hresult, type BackendMend } from '@varve/core/ports'
import { remakeBaseFiles, templateSize } from './base.js'
import { copyTemplate, makeDisk, makeScratch } from './disks.js'
import { raise } from './failure.js'
import { moveLayer } from './open.js'
import { ownerOf } from './owner.js'
import { bringBack } from './retire.js'
import { writeSidecarOf } from './sidecar.js'
import { roleOf } from './survey.js'
import { placeSafely, removeTree } from './tree.js'
import { step, type Work } from './work.js'
import { layerOf, type World } from './world.js'

type Mend<T extends BackendMend['type']> = Extract<BackendMend, { readonly type: T }>

function* moveAside({ disk }: World, { path, to }: Mend<'Quarantine'>): Work<void> {
  disk.mkdir('quarantine')
  if (disk.lstat(path) !== undefined) disk.rename(path, `quarantine/${to}`)
  yield step
}

function* remakeDisk(world: World, { id, path, parents, requested }: Mend<'RemakeDisk'>): Work<void> {
  const to = `${layerOf(id)}/${path}`
  if (world.disk.lstat(to) !== undefined) return
  world.log = ownerOf(world) ?? ''
  const base = parents.at(-1)
  if (base === undefined) return yield* makeDisk(world, id, to, templateSize(path))
  const what = `remaking ${path} of layer ${id}`
  if (path === 'sandbox.vhdx') {
    const order = { what, layer: id, template: `${layerOf(base)}/blank.vhdx`, to, requested: BigInt(requested) }
    yield* makeScratch(world, order)
  } else {
    world.disk.mkdir(`${layerOf(id)}/vm`)
    yield* copyTemplate(world, what, `${layerOf(base)}/UtilityVM/SystemTemplate.vhdx`, to)
  }
}

function* deleteTemporary(world: World, { path }: Mend<'DeleteTemporary'>): Work<void> {
  if (world.disk.lstat(path) === undefined) return
  if (roleOf(world, path) !== 'temporary')
    raise(backendFault(`${path} is nothing that is left of work, and stays`, hresult.invalidParameter))
  yield* removeTree(world.disk, path)
}

function* mendOne(world: World, asked: BackendMend): Work<void> {
  const { disk } = world
  switch (asked.type) {
    case 'TakeRoot':
      return yield* placeSafely(disk, 0, ownerFile, ownerBytes(asked.log))
    case 'QuarantineLayer':
      return yield* moveLayer(world, asked, asked.to)
    case 'Quarantine':
      return yield* moveAside(world, asked)
    case 'Reinstate':
      return yield* bringBack(world, [asked.id])
    case 'WriteSidecar': {
      const { log, sidecar } = asked
      const templates = templatesThere(sidecar.id, sidecar.parents, (path) => disk.lstat(path) !== undefined)
      return yield* writeSidecarOf(world, log, { ...sidecar, templates })
    }
    case 'RemakeDisk':
      return yield* remakeDisk(world, asked)
    case 'RemakeBaseFiles':
      return yield* remakeBaseFiles(world, asked.id)
    case 'DeleteTemporary':
      return yield* deleteTemporary(world, asked)
  }
}

/** Sets one thing in the root right, as it was told, so that it survives loss of power. What is right already is left alone. */
export function* mend(world: World, asked: BackendMend): Work<void> {
  yield* mendOne(world, asked)
  world.disk.sync()
}
