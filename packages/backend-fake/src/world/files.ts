import {
  contentPathProblem,
  failedPrecondition,
  invalidArgument,
  linkTargetProblem,
  notFound,
  type FileStat,
  type SnapshotId,
} from '@varve/core/ports'
import type { Stat } from './disk.js'
import { raise } from './failure.js'
import { removeTree } from './tree.js'
import { step, type Work } from './work.js'
import { type World } from './world.js'

const sliceLength = 4 * 1024 * 1024

/** A path of a layer's content, and what is there. */
type Place = { readonly path: string; readonly at: string; readonly found: Stat | undefined; readonly field: string }

const refuse = (field: string, path: unknown, rule: string): never => raise(invalidArgument(field, path, rule))

const rootOf = (world: World, id: SnapshotId): string => {
  const root = world.attached.get(id)
  return root ?? raise(failedPrecondition(`layer ${id} is not attached`))
}

const typeName = { file: 'a file', directory: 'a directory', symlink: 'a symlink', other: 'a socket, pipe or device' }

/** Symlinks are never followed: one on the way is refused. What is below a missing name or a file is missing. */
const placeOf = (world: World, id: SnapshotId, path: string, field = 'path'): Place => {
  const root = rootOf(world, id)
  const rule = contentPathProblem(path)
  if (rule !== undefined) refuse(field, path, rule)
  const names = path.split('/')
  for (let length = 1; length < names.length; length++) {
    const above = names.slice(0, length).join('/')
    if (world.disk.lstat(`${root}/${above}`)?.type === 'symlink')
      refuse(field, path, `must not pass through the symlink ${above}`)
  }
  const at = path === '' ? root : `${root}/${path}`
  return { path, at, found: world.disk.lstat(at), field }
}

const present = (id: SnapshotId, { path, found }: Place): Stat => found ?? raise(notFound(`${path} in layer ${id}`))

const mustBe = (type: 'file' | 'directory', { field, path }: Place, found: Stat): void => {
  if (found.type !== type) refuse(field, path, `must name ${typeName[type]}, and ${typeName[found.type]} is there`)
}

const mustBeFree = ({ field, path, found }: Place): void => {
  if (found !== undefined) refuse(field, path, `must be free, and ${typeName[found.type]} is there`)
}

/** A name can only be given in a directory that is there. */
const mustHaveParent = (world: World, id: SnapshotId, place: Place): void => {
  if (place.path === '') return refuse(place.field, '', 'must not be the root')
  const above = place.path.split('/').slice(0, -1).join('/')
  const parent = placeOf(world, id, above, place.field)
  mustBe('directory', parent, present(id, parent))
}

export function* read(world: World, id: SnapshotId, path: string): Work<Uint8Array> {
  const place = placeOf(world, id, path)
  const found = present(id, place)
  mustBe('file', place, found)
  const content = new Uint8Array(found.size)
  for (let offset = 0; offset < found.size; offset += sliceLength) {
    content.set(world.disk.read(place.at, offset, Math.min(sliceLength, found.size - offset)), offset)
    yield step
  }
  return content
}

const makeParents = ({ disk }: World, root: string, { path, field }: Place): void => {
  const names = path.split('/').slice(0, -1)
  for (let length = 1; length <= names.length; length++) {
    const above = names.slice(0, length).join('/')
    const type = disk.lstat(`${root}/${above}`)?.type
    if (type !== undefined && type !== 'directory')
      refuse(field, path, `must not pass through ${above}, which is ${typeName[type]}`)
  }
  if (names.length > 0) disk.mkdir(`${root}/${names.join('/')}`)
}

export function* write(world: World, id: SnapshotId, path: string, content: Uint8Array | string): Work<void> {
  const place = placeOf(world, id, path)
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  if (!(bytes instanceof Uint8Array)) return refuse('content', content, 'must be bytes or a text')
  if (place.found !== undefined) mustBe('file', place, place.found)
  makeParents(world, rootOf(world, id), place)
  world.disk.write(place.at, bytes.subarray(0, sliceLength))
  for (let offset = sliceLength; offset < bytes.length; offset += sliceLength) {
    yield step
    world.disk.append(place.at, bytes.subarray(offset, offset + sliceLength))
  }
}

export function* list(world: World, id: SnapshotId, path: string): Work<readonly string[]> {
  const place = placeOf(world, id, path)
  mustBe('directory', place, present(id, place))
  yield step
  return world.disk
    .readdir(place.at)
    .map(({ name }) => name)
    .toSorted()
}

export function* stat(world: World, id: SnapshotId, path: string): Work<FileStat> {
  const place = placeOf(world, id, path)
  const { type, size, mtime } = present(id, place)
  yield step
  if (type === 'other')
    return refuse(place.field, path, `must name a file, directory or symlink, and ${typeName.other} is there`)
  const common = { type, size: type === 'file' ? size : 0, modified: mtime }
  return type === 'symlink' ? { ...common, target: world.disk.readlink(place.at) } : common
}

export function* remove(world: World, id: SnapshotId, path: string): Work<void> {
  const place = placeOf(world, id, path)
  if (path === '') refuse(place.field, path, 'must not be the root')
  present(id, place)
  yield* removeTree(world.disk, place.at)
}

export function* rename(world: World, id: SnapshotId, from: string, to: string): Work<void> {
  const source = placeOf(world, id, from, 'from')
  const target = placeOf(world, id, to, 'to')
  if (from === '') refuse('from', from, 'must not be the root')
  const moved = present(id, source)
  mustHaveParent(world, id, target)
  if (from === to) return
  if (to.startsWith(`${from}/`)) refuse('to', to, 'must not be inside what is renamed')
  if (target.found?.type === 'directory' && target.found.inode !== moved.inode) mustBeFree(target)
  if (moved.type === 'directory' && target.found !== undefined && target.found.type !== 'directory')
    world.disk.unlink(target.at)
  yield step
  world.disk.rename(source.at, target.at)
}

export function* link(world: World, id: SnapshotId, existing: string, path: string): Work<void> {
  const source = placeOf(world, id, existing, 'existing')
  const target = placeOf(world, id, path)
  mustBe('file', source, present(id, source))
  mustHaveParent(world, id, target)
  mustBeFree(target)
  yield step
  world.disk.link(source.at, target.at)
}

export function* symlink(world: World, id: SnapshotId, target: string, path: string): Work<void> {
  const place = placeOf(world, id, path)
  const problem = linkTargetProblem(target)
  if (problem !== undefined) refuse('target', target, problem)
  mustHaveParent(world, id, place)
  mustBeFree(place)
  yield step
  world.disk.symlink(target, place.at)
}
