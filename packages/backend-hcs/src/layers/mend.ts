import { ownerBytes, templatesThere } from '@varve/core/adapter'
import { backendFault, pathOf, type BackendMend } from '@varve/core/ports'
import { codeOf, codes, raise } from '../failure.js'
import { remakeBaseFiles } from './base.js'
import { takeAway } from './detach.js'
import { copyTemplate, makeScratch } from './disks.js'
import { moveAside } from './open.js'
import { moveLayer } from './retire.js'
import { ownerFileOf, writeSidecar } from './sidecar.js'
import { roleOf } from './survey.js'
import { flushVolume } from './volume.js'
import { wipe } from './wipe.js'
import { layerOf, retiredOf, scratchOf, type World } from './world.js'

type Mend<T extends BackendMend['type']> = Extract<BackendMend, { readonly type: T }>

const hostPath = ({ layout }: World, path: string): string => pathOf(layout, ...path.split('/'))

/** What shows a layer, which goes when it is taken down, unless there is something else in it. */
const putDown = (world: World, path: string): void => {
  try {
    takeAway(world, Number.parseInt(path.slice('mounts/'.length), 10))
  } catch (cause) {
    if (codeOf(cause) !== codes.notEmpty) throw cause
  }
}

const quarantineOne = (world: World, { path, to }: Mend<'Quarantine'>): void => {
  const { layout, machine } = world
  if (roleOf(path) === 'attachment') putDown(world, path)
  const from = hostPath(world, path)
  if (!machine.files.exists(from)) return
  machine.files.makeFolder(pathOf(layout, 'quarantine'))
  machine.files.rename(from, pathOf(layout, 'quarantine', to))
}

const reinstate = (world: World, { id }: Mend<'Reinstate'>): void => {
  const { files } = world.machine
  if (!files.exists(retiredOf(world, id)) || files.exists(layerOf(world, id))) return
  moveLayer(world, id, retiredOf(world, id), layerOf(world, id))
}

const remakeDisk = (world: World, { id, path, parents, requested }: Mend<'RemakeDisk'>): void => {
  const what = `remaking ${path} of layer ${id}`
  const base = parents.at(-1)
  if (base === undefined) {
    const advice = 'the disks of a base layer are made by Windows alone; make the layer again'
    return raise(backendFault(`${what}: ${advice}`, codes.notImplemented))
  }
  const to = hostPath(world, `snapshots/${id}/${path}`)
  if (world.machine.files.exists(to)) return
  if (to !== scratchOf(world, id)) {
    world.machine.files.makeFolder(hostPath(world, `snapshots/${id}/vm`))
    return copyTemplate(world, what, hostPath(world, `snapshots/${base}/UtilityVM/SystemTemplate.vhdx`), to)
  }
  const template = hostPath(world, `snapshots/${base}/blank.vhdx`)
  makeScratch(world, what, { layer: id, template, requested: BigInt(requested) })
}

const deleteTemporary = (world: World, { path }: Mend<'DeleteTemporary'>): void => {
  if (roleOf(path) === 'temporary') return wipe(world, hostPath(world, path))
  raise(backendFault(`${path} is nothing that is left of work, and stays`, codes.invalidParameter))
}

const mendOne = (world: World, asked: BackendMend): void => {
  switch (asked.type) {
    case 'TakeRoot':
      return world.machine.files.writeFile(ownerFileOf(world), ownerBytes(asked.log))
    case 'QuarantineLayer':
      return moveAside(world, asked, asked.to)
    case 'Quarantine':
      return quarantineOne(world, asked)
    case 'Reinstate':
      return reinstate(world, asked)
    case 'WriteSidecar': {
      const { log, sidecar } = asked
      const isThere = (path: string): boolean => world.machine.files.exists(hostPath(world, path))
      const templates = templatesThere(sidecar.id, sidecar.parents, isThere)
      return writeSidecar(world, { ...sidecar, templates }, log)
    }
    case 'RemakeDisk':
      return remakeDisk(world, asked)
    case 'RemakeBaseFiles':
      return remakeBaseFiles(world, asked.id)
    case 'DeleteTemporary':
      return deleteTemporary(world, asked)
  }
}

/** Sets one thing in the root right, as it was told, so that it survives loss of power. What is right already is left alone. */
export const mend = (world: World, asked: BackendMend): void => {
  mendOne(world, asked)
  flushVolume(world)
}
