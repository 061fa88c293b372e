import { backendFault, type CreateLayer, type Result, type SnapshotId } from '@varve/core/ports'
import { codes, raise } from '../failure.js'
import { copyTemplate, makeScratch } from './disks.js'
import { removeTraces } from './retire.js'
import { writeSidecar } from './sidecar.js'
import { usageOf } from './usage.js'
import { filesOf, layerOf, type World } from './world.js'

type Made = { readonly effective: string | null; readonly templates: Readonly<Record<string, string>> }

const nothing: Made = { effective: null, templates: {} }

/** The disk of a utility VM comes first, so that a base layer without one leaves no scratch behind. */
const makeMachineScratch = (world: World, what: string, layer: SnapshotId, base: SnapshotId): void => {
  const { files } = world.machine
  const machine = `${layerOf(world, base)}\\UtilityVM`
  if (files.kindOf(machine) !== 'directory')
    raise(
      backendFault(
        `${what}: ${machine} is missing; only a base layer with a utility VM has its disk`,
        codes.fileNotFound,
      ),
    )
  const folder = `${layerOf(world, layer)}\\vm`
  files.makeFolder(folder)
  copyTemplate(world, what, `${machine}\\SystemTemplate.vhdx`, `${folder}\\sandbox.vhdx`)
}

const makeDisks = (world: World, what: string, { layer, scratch }: CreateLayer, base: SnapshotId): Made => {
  const hasMachine = scratch?.utilityVm === true
  if (hasMachine) makeMachineScratch(world, what, layer, base)
  const template = `${layerOf(world, base)}\\blank.vhdx`
  const effective = makeScratch(world, what, { layer, template, requested: BigInt(scratch?.requested ?? '0') })
  const machine = { 'vm/sandbox.vhdx': `snapshots/${base}/UtilityVM/SystemTemplate.vhdx` }
  return {
    effective: String(effective),
    templates: { 'sandbox.vhdx': `snapshots/${base}/blank.vhdx`, ...(hasMachine ? machine : {}) },
  }
}

/** Makes the layer's folder anew: one that is there is this intent's own half-done work, as ids are never reused. */
export const createLayer = (world: World, intent: CreateLayer): Result => {
  const { layer, key, kind, parents, purpose, profile, labels } = intent
  removeTraces(world, layer)
  world.machine.files.makeFolder(layerOf(world, layer))
  const base = parents.at(-1)
  let made = nothing
  if (purpose === 'scratch' && base === undefined) world.machine.files.makeFolder(filesOf(world, layer))
  else if (purpose === 'scratch' && base !== undefined)
    made = makeDisks(world, `CreateLayer of layer ${layer}`, intent, base)
  writeSidecar(world, { id: layer, kind, name: key, parents, purpose, profile, labels, templates: made.templates })
  return { type: 'LayerCreated', usage: usageOf(world, layer), effective: made.effective }
}
