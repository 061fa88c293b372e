/** What every lane of a test loads: the functions of the stand-in and the host's files, watched, with Windows paths. */
import type { Parts } from '../../src/lanes/machine.js'
import { planCells } from './plan.js'
import { standin } from './standin.js'
import { watchedFiles } from './watched-files.js'
import { watchedTable } from './watched-table.js'
import { filesOf } from './standin-files.js'

export const adapt = (parts: Parts): Parts => {
  const { table, watch } = watchedTable(parts.table, planCells())
  return { table, files: watchedFiles(filesOf(standin()), watch) }
}
