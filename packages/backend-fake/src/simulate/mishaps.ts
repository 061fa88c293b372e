import type { Struck } from './chooser.js'
import { noteSync } from './content.js'
import type { Machine } from './machine.js'
import { layerWithId, type Layer } from './model.js'
import { layerOf } from '../world/world.js'

const second = 1_000_000_000n

const later = (machine: Machine, detail: number, end: () => void): void => {
  const at = machine.scheduler.elapsed() + (BigInt(detail % 30) + 1n) * second
  machine.passing = [...machine.passing, { at, end }]
}

/** Somebody else's changes are durable at once. */
const outside = (machine: Machine, change: () => void): void => {
  change()
  machine.disk.disk.sync()
  noteSync(machine.model)
}

const putBack = (machine: Machine, id: number, away: string): void => {
  const { disk } = machine.disk
  if (disk.lstat(away) === undefined || layerWithId(machine.model, id) === undefined) return
  if (disk.lstat(layerOf(id)) === undefined) outside(machine, () => disk.rename(away, layerOf(id)))
}

/** A layer that nobody works on is moved away, and put back later unless it is not wanted any more. */
const vanish = (machine: Machine, detail: number): void => {
  const { model, disk } = machine
  const there = [...model.layers.values()].filter(({ id }) => disk.disk.lstat(layerOf(id)) !== undefined)
  const layer: Layer | undefined = there[detail % Math.max(there.length, 1)]
  if (layer === undefined || model.asking.size > 0) return
  const away = `away-${layer.id}`
  outside(machine, () => disk.disk.rename(layerOf(layer.id), away))
  machine.trace.add('vanished', layerOf(layer.id))
  later(machine, detail, () => putBack(machine, layer.id, away))
}

const appear = (machine: Machine, detail: number): void => {
  const { disk, model, foreign } = machine
  const path = layerOf(model.lastId + 50 + (detail % 50))
  if (disk.disk.lstat('snapshots') === undefined || disk.disk.lstat(path) !== undefined) return
  outside(machine, () => {
    disk.disk.mkdir(path)
    disk.disk.write(`${path}/note`, new TextEncoder().encode('mine'))
  })
  foreign.add(path)
  machine.trace.add('appeared', path)
}

/** What befalls the machine while its process goes on. */
export const befall = (machine: Machine, { fault, detail }: Struck): void => {
  const { time } = machine
  if (fault === 'clockBack') time.setBack(BigInt(detail % 3_600) * second)
  else if (fault === 'clockStops') {
    time.stop()
    later(machine, detail, time.start)
  } else if (fault === 'directoryVanishes') vanish(machine, detail)
  else if (fault === 'directoryAppears') appear(machine, detail)
}
