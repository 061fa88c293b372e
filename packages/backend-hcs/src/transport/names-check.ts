import { foldName, nameProblem, type InvalidArgument } from '@varve/core/ports'
import { pathProblem } from '@varve/core/tar'
import { raise } from '../failure.js'

const mostListed = 20

const quoted = (folder: string, name: string): string => JSON.stringify(folder === '' ? name : `${folder}\\${name}`)

const ownProblem = (name: string): string | undefined => nameProblem(name) ?? pathProblem(`Files/${name}`)?.rule

/** Sets of names that are one name to Windows. */
const collisions = (names: readonly string[]): readonly (readonly string[])[] => {
  const byFold = new Map<string, string[]>()
  for (const name of names) {
    const folded = foldName(name)
    const alike = byFold.get(folded)
    if (alike === undefined) byFold.set(folded, [name])
    else alike.push(name)
  }
  return [...byFold.values()].filter((alike) => alike.length > 1)
}

/** What is wrong with names of one folder: that a layer can't have them, or not one beside the other. */
export const problemsOfNames = (folder: string, names: readonly string[]): readonly string[] => [
  ...collisions(names).map(
    (alike) => `${alike.map((name) => quoted(folder, name)).join(' and ')} are one name to Windows`,
  ),
  ...names.flatMap((name) => {
    const problem = ownProblem(name)
    return problem === undefined ? [] : [`${quoted(folder, name)} ${problem}`]
  }),
]

/** The refusal of content whose names have problems. */
export const badNames = (problems: readonly string[]): InvalidArgument => {
  const listed = problems.slice(0, mostListed).join('; ')
  const more = problems.length > mostListed ? `; and ${problems.length - mostListed} more` : ''
  return {
    _tag: 'InvalidArgument',
    field: 'files',
    value: `${problems.length} of the names in it`,
    message: `files must have names that Windows can hold: ${listed}${more}. Rename or remove them and try again: invalid argument`,
  }
}

/** Raises an InvalidArgument that lists the names of a folder that a layer can't have. */
export const checkNames = (folder: string, names: readonly string[]): void => {
  const problems = problemsOfNames(folder, names)
  if (problems.length > 0) raise(badNames(problems))
}
