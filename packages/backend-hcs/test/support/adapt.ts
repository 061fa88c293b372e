/** What every lane of a test loads: the functions of the stand-in and the host's files, watched, with Windows paths. */
import { hostFiles } from '../../src/files.js'
import type { Parts } from '../../src/lanes/machine.js'
import { planCells } from './plan.js'
import { hostPathBelow } from '../standin/library.js'
import { standin } from './standin.js'
import { watchedFiles } from './watched-files.js'
import { watchedTable } from './watched-table.js'

export const adapt = (parts: Parts): Parts => {
  const { base } = standin()
  const { table, watch } = watchedTable(parts.table, planCells())
  return { table, files: watchedFiles(hostFiles(hostPathBelow(base)), watch) }
}
