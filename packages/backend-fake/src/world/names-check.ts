import { foldName, nameProblem, type SnapshotId } from '@varve/core/ports'
import type { Disk, Entry } from './disk.js'
import { raise } from './failure.js'
import { parentsView, withoutDeleted, type Content, type Merged } from './merge.js'
import { step, type Work } from './work.js'
import type { World } from './world.js'

const mostListed = 20

type Found = { readonly disk: Disk; readonly problems: string[] }

/** Names of the layer, or of it and its parents, that are one name to Windows. */
const collisions = (own: readonly Entry[], below: Merged | undefined): readonly (readonly string[])[] => {
  const first = new Map<string, string>()
  const several = new Map<string, Set<string>>()
  for (const { name } of own) {
    const folded = foldName(name)
    for (const other of [first.get(folded), below?.children.get(folded)?.name])
      if (other !== undefined && other !== name)
        several.set(folded, (several.get(folded) ?? new Set()).add(other).add(name))
    if (!first.has(folded)) first.set(folded, name)
  }
  return [...several.values()].map((names) => [...names].toSorted())
}

const quoted = (path: string, name: string): string => JSON.stringify(`${path}${name}`)

function* inspect(found: Found, directory: string, path: string, below: Merged | undefined): Work<void> {
  const entries = found.disk.readdir(directory)
  for (const names of collisions(entries, below))
    found.problems.push(`${names.map((name) => quoted(path, name)).join(' and ')} are one name to Windows`)
  for (const { name, type } of entries) {
    const problem = type === 'other' ? 'is neither file, directory nor symlink' : nameProblem(name)
    if (problem !== undefined) found.problems.push(`${quoted(path, name)} ${problem}`)
    if (type !== 'directory') continue
    const met = below?.children.get(foldName(name))
    yield* inspect(found, `${directory}/${name}`, `${path}${name}/`, met?.name === name ? met : undefined)
  }
  yield step
}

/** What the check is for: the words of its message, and the layers below. */
type Asking = { readonly asked: string; readonly again: string; readonly parents: readonly SnapshotId[] }

/** Refuses content that a Windows layer can't hold, before anything is changed. */
export function* checkNames(world: World, asking: Asking, { files, deleted }: Content): Work<void> {
  if (files === undefined) return
  const below = withoutDeleted(yield* parentsView(world, asking.parents), deleted)
  const problems: string[] = []
  yield* inspect({ disk: world.disk, problems }, files, '', below)
  if (problems.length === 0) return
  const listed = problems.slice(0, mostListed).join('; ')
  const more = problems.length > mostListed ? `; and ${problems.length - mostListed} more` : ''
  raise({
    _tag: 'InvalidArgument',
    field: 'files',
    value: `${problems.length} of the names in it`,
    message: `${asking.asked}: files must have names that Windows can hold: ${listed}${more}. Rename or remove them and ${asking.again} again: invalid argument`,
  })
}
