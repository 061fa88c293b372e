import { backendFault, type CreateLayer, type Result, type SnapshotId } from '@varve/core/ports'
import { copyTemplate, makeScratch } from './disks.js'
import { codes, raise } from './failure.js'
import { removeTraces } from './retire.js'
import { writeSidecar } from './sidecar.js'
import { usageOf } from './usage.js'
import { step, type Work } from './work.js'
import { filesOf, layerOf, shownPath, type World } from './world.js'

type Made = { readonly effective: string | null; readonly templates: Readonly<Record<string, string>> }

/** The scratch of a utility VM comes first, as in containerd, so that a base layer without one leaves no disk behind. */
function* makeMachineScratch(world: World, what: string, directory: string, base: SnapshotId): Work<string> {
  const machine = `${layerOf(base)}/UtilityVM`
  if (world.disk.lstat(machine)?.type !== 'directory') {
    const shown = shownPath(world, machine)
    raise(
      backendFault(
        `${what}: ${shown} is missing; only a base layer with a utility VM has its disk`,
        codes.fileNotFound,
      ),
    )
  }
  const template = `${machine}/SystemTemplate.vhdx`
  world.disk.mkdir(`${directory}/vm`)
  yield* copyTemplate(world, what, template, `${directory}/vm/sandbox.vhdx`)
  return template
}

function* makeDisks(world: World, { layer, scratch }: CreateLayer, base: SnapshotId): Work<Made> {
  const what = `CreateLayer of layer ${layer}`
  const directory = layerOf(layer)
  const machine = scratch?.utilityVm === true ? yield* makeMachineScratch(world, what, directory, base) : undefined
  const template = `${layerOf(base)}/blank.vhdx`
  const requested = BigInt(scratch?.requested ?? '0')
  const effective = yield* makeScratch(world, { what, layer, template, to: `${directory}/sandbox.vhdx`, requested })
  yield step
  return {
    effective: String(effective),
    templates: { 'sandbox.vhdx': template, ...(machine === undefined ? {} : { 'vm/sandbox.vhdx': machine }) },
  }
}

/** Makes the layer's directory anew: one that is there is this intent's own half-done work, as ids are never reused. */
export function* createLayer(world: World, intent: CreateLayer): Work<Result> {
  const { layer, key, kind, parents, purpose, profile, labels } = intent
  yield* removeTraces(world, layer)
  world.disk.mkdir(layerOf(layer))
  yield step
  const base = parents.at(-1)
  let made: Made = { effective: null, templates: {} }
  if (purpose === 'scratch' && base === undefined) world.disk.mkdir(filesOf(layer))
  else if (purpose === 'scratch' && base !== undefined) made = yield* makeDisks(world, intent, base)
  yield step
  const { templates } = made
  yield* writeSidecar(world, { id: layer, kind, name: key, parents, purpose, profile, labels, templates })
  return { type: 'LayerCreated', usage: yield* usageOf(world, layer), effective: made.effective }
}
