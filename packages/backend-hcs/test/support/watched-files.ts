import type { HostFiles } from '../../src/files.js'
import { refuse, type Watch } from './watch.js'

/** What only looks. */
const reads: ReadonlySet<string> = new Set<keyof HostFiles>([
  'exists',
  'kindOf',
  'factsOf',
  'sizeOf',
  'list',
  'listPlain',
  'readFile',
  'readPart',
])

/** The same files, of which calls are noted, fail and are cut as planned. */
export const watchedFiles = (files: HostFiles, { before }: Watch): HostFiles => {
  const watched = Object.entries<(...given: never[]) => unknown>(files).map(([name, call]) => [
    name,
    (...given: never[]) => {
      const code = before(`files.${name}`, !reads.has(name))
      return code === undefined ? call(...given) : refuse(`${name} of ${String(given[0])}`, code)
    },
  ])
  return Object.fromEntries(watched) as HostFiles
}
