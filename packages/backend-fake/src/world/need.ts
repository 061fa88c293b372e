import { backendFault } from '@varve/core/ports'
import { codes, raise } from './failure.js'
import { shownPath, type World } from './world.js'

/** What has to be a directory. `what` says what was asked. */
export const needDirectory = (world: World, what: string, path: string): void => {
  if (world.disk.lstat(path)?.type === 'directory') return
  const shown = shownPath(world, path)
  raise(backendFault(`${what}: ${shown} is no directory; put it back or remove the snapshot`, codes.fileNotFound))
}
