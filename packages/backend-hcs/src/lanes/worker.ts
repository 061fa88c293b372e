/** What runs in a lane: operations on the world of one root, through the functions of Windows. */
import { describe, type Operation } from '@varve/core/adapter'
import type { LaneWorld } from '../driver.js'
import { run } from '../layers/operations.js'
import type { World } from '../layers/world.js'
import { withLock } from './lock.js'
import { machineFrom } from './machine.js'
import { laneData, serve, type Program } from './serve.js'
import { pause } from './words.js'

const { lane, lock, data } = laneData<LaneWorld>()

const worldOf = async (): Promise<World> => ({
  layout: data.layout,
  machine: await machineFrom(data),
  prepareLock: (prepare) => withLock(lock, lane, prepare),
  pause,
})

const programOver = (world: World): Program['perform'] => {
  return (name, args, control) => run(world, name as Operation, args as never, control)
}

/** A lane that has no machine tells everyone why. */
const refusing = (cause: unknown): Program['perform'] => {
  return () => {
    throw cause
  }
}

serve({ perform: await worldOf().then(programOver, refusing), describe })
