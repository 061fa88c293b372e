import { fieldsIn, type Fields } from '@varve/core/adapter'
import type { World } from './world.js'

/** The fields of a small JSON file; none where it is missing or damaged. */
export const readFields = ({ machine: { files } }: World, path: string): Fields =>
  files.kindOf(path) === 'file' ? fieldsIn(files.readFile(path)) : {}
