import {
  backendFault,
  contentPathProblem,
  invalidArgument,
  linkTargetProblem,
  nameProblem,
  notFound,
  type FileStat,
  type SnapshotId,
} from '@varve/core/ports'
import type { FileFacts, FileKind } from '../files.js'
import { codes, raise } from '../failure.js'
import { isLink, kindAt, makeSymlink, targetAt } from './links.js'
import { attachedRoot, type Root } from './mark.js'
import type { World } from './world.js'

/** A path of a layer's content, and what is there. */
type Place = {
  readonly root: Root
  readonly path: string
  /** Its path on the host. */
  readonly at: string
  readonly found: FileFacts | undefined
  readonly field: string
}

const refuse = (field: string, path: unknown, rule: string): never => raise(invalidArgument(field, path, rule))

const below = (root: Root, path: string): string =>
  path === '' ? root.path : `${root.path}\\${path.replaceAll('/', '\\')}`

const typeName: Readonly<Record<FileKind, string>> = {
  file: 'a file',
  directory: 'a directory',
  symlink: 'a symlink',
  other: 'something else',
}

/** Symlinks are never followed: one on the way is refused. What is below a missing name or a file is missing. */
const placeOf = (world: World, id: SnapshotId, path: string, field = 'path'): Place => {
  const { files } = world.machine
  const root = attachedRoot(world, id)
  const rule = contentPathProblem(path)
  if (rule !== undefined) refuse(field, path, rule)
  const names = path.split('/')
  for (let length = 1; length < names.length; length++) {
    const above = names.slice(0, length).join('/')
    const kind = kindAt(world.machine, below(root, above))
    if (kind === 'symlink') refuse(field, path, `must not pass through the symlink ${above}`)
    if (kind !== 'directory') break
  }
  const at = below(root, path)
  const found = files.factsOf(at)
  if (found?.kind !== 'directory' && path !== '') return { root, path, at, found, field }
  // The root may be shown through a link.
  const kind = path !== '' && isLink(world.machine, at) ? 'symlink' : 'directory'
  return { root, path, at, found: found && { ...found, kind }, field }
}

const present = (id: SnapshotId, { path, found }: Place): FileFacts =>
  found ?? raise(notFound(`${path} in layer ${id}`))

const mustBe = (kind: 'file' | 'directory', { field, path }: Place, found: FileFacts): void => {
  if (found.kind !== kind) refuse(field, path, `must name ${typeName[kind]}, and ${typeName[found.kind]} is there`)
}

const mustBeFree = ({ field, path, found }: Place): void => {
  if (found !== undefined) refuse(field, path, `must be free, and ${typeName[found.kind]} is there`)
}

/** Windows would take some names for a device, a stream or another name. */
const mustBeHeld = ({ field, path }: Place): void => {
  const problems = path.split('/').flatMap((name) => {
    const problem = nameProblem(name)
    return problem === undefined ? [] : [`${JSON.stringify(name)} ${problem}`]
  })
  if (problems.length > 0) refuse(field, path, `must have names that Windows can hold: ${problems.join(', ')}`)
}

const mustBeWritable = (id: SnapshotId, { root }: Place): void => {
  if (root.isReadOnly)
    raise(backendFault(`layer ${id} is a view and can't be written to; prepare a snapshot`, codes.writeProtected))
}

/** A name can only be given in a directory that is there. */
const mustHaveParent = (world: World, id: SnapshotId, place: Place): void => {
  if (place.path === '') return refuse(place.field, '', 'must not be the root')
  const above = place.path.split('/').slice(0, -1).join('/')
  const parent = placeOf(world, id, above, place.field)
  mustBe('directory', parent, present(id, parent))
  mustBeHeld(place)
}

export const read = (world: World, id: SnapshotId, path: string): Uint8Array => {
  const place = placeOf(world, id, path)
  mustBe('file', place, present(id, place))
  return world.machine.files.readFile(place.at)
}

const makeParents = (world: World, { root, path, field }: Place): void => {
  const { files } = world.machine
  const names = path.split('/').slice(0, -1)
  for (let length = 1; length <= names.length; length++) {
    const above = names.slice(0, length).join('/')
    const kind = kindAt(world.machine, below(root, above))
    if (kind === undefined) return files.makeFolder(below(root, names.join('/')))
    if (kind !== 'directory') refuse(field, path, `must not pass through ${above}, which is ${typeName[kind]}`)
  }
}

export const write = (world: World, id: SnapshotId, path: string, content: Uint8Array | string): void => {
  const place = placeOf(world, id, path)
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  if (!(bytes instanceof Uint8Array)) return refuse('content', content, 'must be bytes or a text')
  if (place.found !== undefined) mustBe('file', place, place.found)
  mustBeHeld(place)
  mustBeWritable(id, place)
  makeParents(world, place)
  world.machine.files.fillFile(place.at, bytes)
}

export const list = (world: World, id: SnapshotId, path: string): readonly string[] => {
  const place = placeOf(world, id, path)
  mustBe('directory', place, present(id, place))
  return world.machine.files.list(place.at).toSorted()
}

export const stat = (world: World, id: SnapshotId, path: string): FileStat => {
  const place = placeOf(world, id, path)
  const { kind, size, modified } = present(id, place)
  const target = kind === 'symlink' ? targetAt(world.machine, place.at) : undefined
  if (kind === 'other' || (kind === 'symlink' && target === undefined))
    return refuse(place.field, path, `must name a file, directory or symlink, and ${typeName.other} is there`)
  const common = { type: kind, size: kind === 'file' ? size : 0, modified }
  return target === undefined ? common : { ...common, target }
}

export const remove = (world: World, id: SnapshotId, path: string): void => {
  const place = placeOf(world, id, path)
  if (path === '') refuse(place.field, path, 'must not be the root')
  present(id, place)
  mustBeWritable(id, place)
  world.machine.files.removeTree(place.at)
}

export const rename = (world: World, id: SnapshotId, from: string, to: string): void => {
  const { files } = world.machine
  const source = placeOf(world, id, from, 'from')
  const target = placeOf(world, id, to, 'to')
  if (from === '') refuse('from', from, 'must not be the root')
  const moved = present(id, source)
  mustHaveParent(world, id, target)
  mustBeWritable(id, source)
  if (from === to) return
  if (to.startsWith(`${from}/`)) refuse('to', to, 'must not be inside what is renamed')
  if (target.found?.kind === 'directory' && target.found.identity !== moved.identity) mustBeFree(target)
  if (moved.kind === 'directory' && target.found !== undefined && target.found.kind !== 'directory')
    files.removeFile(target.at)
  files.rename(source.at, target.at)
}

export const link = (world: World, id: SnapshotId, existing: string, path: string): void => {
  const source = placeOf(world, id, existing, 'existing')
  const target = placeOf(world, id, path)
  mustBe('file', source, present(id, source))
  mustHaveParent(world, id, target)
  mustBeFree(target)
  mustBeWritable(id, target)
  world.machine.files.link(source.at, target.at)
}

export const symlink = (world: World, id: SnapshotId, target: string, path: string): void => {
  const place = placeOf(world, id, path)
  const problem = linkTargetProblem(target)
  if (problem !== undefined) refuse('target', target, problem)
  mustHaveParent(world, id, place)
  mustBeFree(place)
  mustBeWritable(id, place)
  if (!makeSymlink(world.machine, place.at, target)) refuse('target', target, 'must fit into a symlink of 16 KiB')
}
