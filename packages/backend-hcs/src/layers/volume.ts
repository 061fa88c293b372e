import type { Handle } from '../native/native.js'
import type { World } from './world.js'

/** Opens a volume by its name without a `\\` at the end, to write to it, and closes it again. */
export const withVolume = <T>({ machine: { native } }: World, path: string, use: (volume: Handle) => T): T => {
  const volume = native.CreateFileW({ path, access: 0xc000_0000, share: 3, disposition: 3, flags: 0 })
  try {
    return use(volume)
  } finally {
    native.CloseHandle(volume)
  }
}

/**
 * Lets everything that was done below the root survive a loss of power. The platform writes files that nobody here has a handle to,
 * and folders can't be flushed one by one: so the whole volume is.
 */
export const flushVolume = (world: World): void =>
  withVolume(world, `\\\\.\\${world.layout.root.slice(0, 2)}`, world.machine.native.FlushFileBuffers)

/** What may be answered once it survives a loss of power. */
export const lasting = <T>(world: World, result: T): T => {
  flushVolume(world)
  return result
}
