/** What every lane of a test loads: the functions of the stand-in and the host's files, watched, with Windows paths. */
import { hostFiles, type HostFiles } from '../../src/files.js'
import type { Parts } from '../../src/lanes/machine.js'
import { hostPathBelow } from '../standin/library.js'
import { planCells } from './plan.js'
import { standin } from './standin.js'
import { watchedFiles } from './watched-files.js'
import { watchedTable } from './watched-table.js'
import { withLinks } from './wine-links.js'

const filesOfHost = (): HostFiles => {
  const { base, library } = standin()
  const files = hostFiles(hostPathBelow(base))
  return process.platform === 'win32' && library !== '' ? withLinks(files, library) : files
}

export const adapt = (parts: Parts): Parts => {
  const { table, watch } = watchedTable(parts.table, planCells())
  return { table, files: watchedFiles(filesOfHost(), watch) }
}
