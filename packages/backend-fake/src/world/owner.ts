import { ownerFile, ownerIn } from '@varve/core/adapter'
import type { World } from './world.js'

/** The UUID of the log that the root was taken for; undefined where nothing says it. */
export const ownerOf = ({ disk }: World): string | undefined => {
  const stat = disk.lstat(ownerFile)
  return stat?.type === 'file' ? ownerIn(disk.read(ownerFile, 0, stat.size)) : undefined
}
