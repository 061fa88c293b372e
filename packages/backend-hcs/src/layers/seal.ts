import { backendFault, layerDescriptors, type Result, type SealLayer, type Usage } from '@varve/core/ports'
import type { LayerEntry } from '@varve/core/tar'
import { codes, raise } from '../failure.js'
import type { LayerSink } from '../transport/items.js'
import { transportSink } from '../transport/transport-sink.js'
import { convertToBase } from './base.js'
import { checkCancelled, ifPossible, undoable } from './cancel.js'
import type { Control } from './control.js'
import { takeAway } from './detach.js'
import { needFolder } from './need.js'
import { counter, pour } from './pour.js'
import { readLayer } from './reading.js'
import { undoSeal } from './seal-undo.js'
import { isNotedCommitted, notedTemplates, writeSidecar } from './sidecar.js'
import { usageOf } from './usage.js'
import { flushVolume } from './volume.js'
import { wipe } from './wipe.js'
import { filesBeforeOf, filesOf, incomingOf, layerOf, outgoingOf, replacedFilesOf, type World } from './world.js'

type Templates = Readonly<Record<string, string>>

const convert = (world: World, what: string, { layer }: SealLayer, control: Control): Templates => {
  const hasMachine = convertToBase(world, what, layer, control)
  const templates = { 'blank.vhdx': `snapshots/${layer}/blank-base.vhdx` }
  if (!hasMachine) return templates
  return { ...templates, 'UtilityVM/SystemTemplate.vhdx': `snapshots/${layer}/UtilityVM/SystemTemplateBase.vhdx` }
}

/** Builds a layer with parents anew from what `fill` puts into it. */
const build = (
  world: World,
  what: string,
  { layer, parents }: SealLayer,
  control: Control,
  { fill, beforeImport }: { readonly fill: (sink: LayerSink) => void; readonly beforeImport: () => void },
): void => {
  const sink = transportSink(world.machine, {
    layer: layerOf(world, layer),
    folder: incomingOf(world, layer),
    parents: layerDescriptors(world.layout, parents),
    beforeImport: () => {
      checkCancelled(what, control)
      beforeImport()
    },
  })
  try {
    fill(sink)
    sink.close()
  } finally {
    sink.abort()
  }
}

/** What a layer with parents is built anew with. */
type Rebuilding = {
  /** Entries besides those that the layer has. */
  readonly more: readonly LayerEntry[]
  readonly beforeImport: () => void
}

/** Reads the layer to its end, then has it built anew from what was read: it is closed and down by then. */
const rebuild = (
  world: World,
  what: string,
  intent: SealLayer,
  control: Control,
  { more, beforeImport }: Rebuilding,
): void => {
  const { layer, parents, madeParentless } = intent
  const check = (): void => checkCancelled(what, control)
  const fill = (sink: LayerSink): void => {
    const count = counter(control)
    readLayer(world, layer, madeParentless ? [] : parents, (source) => pour(source, sink, check, count))
    for (const entry of more) sink.add(entry, 0)
  }
  build(world, what, intent, control, { fill, beforeImport })
}

const emptyFolder = (name: string): LayerEntry => ({
  type: 'directory',
  name,
  attributes: 0x10,
  times: { created: 0n, accessed: 0n, modified: 0n, changed: 0n },
})

/** A layer with parents has its changes to the hives there, be it none. */
const hivesFolder = emptyFolder('Hives')

/** A parentless layer that gained a parent: its `Files` become what it has over that parent. */
const takeParent = (world: World, what: string, intent: SealLayer, control: Control): void => {
  const { files } = world.machine
  const { layer } = intent
  needFolder(world, what, filesOf(world, layer))
  const machine = `${layerOf(world, layer)}\\UtilityVM`
  if (files.exists(machine))
    raise(
      backendFault(
        `${what}: ${machine} is there, and a layer with a utility VM of its own can't gain a parent; commit it without a parent, or remove that folder before`,
        codes.alreadyExists,
      ),
    )
  rebuild(world, what, intent, control, {
    more: [hivesFolder],
    beforeImport: () => files.rename(filesOf(world, layer), filesBeforeOf(world, layer)),
  })
}

const convertScratch = (world: World, what: string, intent: SealLayer, control: Control): Templates => {
  if (!intent.madeParentless) rebuild(world, what, intent, control, { more: [], beforeImport: () => undefined })
  else if (intent.parents.length > 0) takeParent(world, what, intent, control)
  else {
    needFolder(world, what, filesOf(world, intent.layer))
    return convert(world, what, intent, control)
  }
  return {}
}

/** A layer that nothing was applied to: nothing can stand on it until it has an empty `Files`. */
const makeEmpty = (world: World, what: string, intent: SealLayer, control: Control): void =>
  build(world, what, intent, control, {
    fill: (sink) => {
      for (const entry of [emptyFolder('Files'), hivesFolder]) sink.add(entry, 0)
    },
    beforeImport: () => undefined,
  })

const convertUnpacked = (world: World, what: string, intent: SealLayer, control: Control): Templates => {
  const { parents, madeParentless, applied } = intent
  if (parents.length === 0) return applied ? convert(world, what, intent, control) : {}
  if (!applied) makeEmpty(world, what, intent, control)
  else if (madeParentless) takeParent(world, what, intent, control)
  return {}
}

/** Answers how large the layer is. */
const seal = (world: World, what: string, intent: SealLayer, control: Control): Usage => {
  const { layer, name, parents, purpose, profile, labels } = intent
  checkCancelled(what, control)
  const make = purpose === 'unpack' ? convertUnpacked : convertScratch
  const templates = { ...notedTemplates(world, layer), ...make(world, what, intent, control) }
  const usage = usageOf(world, layer)
  writeSidecar(world, { id: layer, kind: 'Committed', name, parents, purpose, profile, labels, templates })
  return usage
}

/**
 * Makes a sealed layer durable and removes what it does not need any more. As long as its caller may be told that it failed it can
 * be put back, so content that it was built from is only moved out of the layer before.
 */
const finish = (world: World, { layer }: SealLayer): void => {
  const { files } = world.machine
  ifPossible(() => wipe(world, incomingOf(world, layer)))
  ifPossible(() => wipe(world, outgoingOf(world, layer)))
  if (files.exists(filesBeforeOf(world, layer)))
    files.rename(filesBeforeOf(world, layer), replacedFilesOf(world, layer))
  flushVolume(world)
  // By one call, the very last: a seal that was cut before can still be undone, and from here on none can fail.
  ifPossible(() => {
    if (files.exists(replacedFilesOf(world, layer))) world.machine.native.DestroyLayer(replacedFilesOf(world, layer))
  })
}

/** Turns a scratch into a layer that others can stand on. It is one once its sidecar says so. */
export const sealLayer = (world: World, intent: SealLayer, control: Control): Result => {
  const { layer, purpose, madeParentless, applied } = intent
  const what = `SealLayer of layer ${layer}`
  needFolder(world, what, layerOf(world, layer))
  const undo = (): void => {
    takeAway(world, layer)
    undoSeal(world, { layer, isParentless: madeParentless, purpose, applied })
  }
  const anew = (): Usage => {
    undo()
    return seal(world, what, intent, control)
  }
  return undoable(
    what,
    () => {
      const usage = isNotedCommitted(world, layer) ? usageOf(world, layer) : anew()
      finish(world, intent)
      return { type: 'LayerSealed', usage }
    },
    undo,
  )
}
