import { backendFault } from '@varve/core/ports'
import { codes, raise } from '../failure.js'
import type { World } from './world.js'

/** What has to be a folder. `what` says what was asked. */
export const needFolder = ({ machine: { files } }: World, what: string, path: string): void => {
  const kind = files.kindOf(path)
  if (kind === 'directory') return
  const found = kind === undefined ? 'is missing' : 'is no folder'
  raise(
    backendFault(
      `${what}: ${path} ${found}; put it back or remove the snapshot`,
      kind === undefined ? codes.fileNotFound : codes.notADirectory,
    ),
  )
}
