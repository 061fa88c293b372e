import * as E from 'fp-ts/lib/Either.js'
import type { EntryTimes, LayerEntry } from './entry.js'
import { folderAttribute } from './judge.js'
import { fileMode, types, type Header } from './header.js'
import { opaqueName, whiteoutPrefix } from './names.js'
import type { Records } from './pax.js'
import { problem, type Problem } from './problem.js'
import { timeOfSeconds } from './time.js'

/** A header and the records before it. Names are as the tar has them. */
export type RawEntry = {
  readonly header: Header
  readonly records: Records
  readonly name: string
  readonly target: string
}

const timesOf = ({ header, records }: RawEntry): EntryTimes | undefined => {
  const modified = records.modified ?? timeOfSeconds(header.modified)
  if (modified === undefined) return undefined
  const { created = modified, accessed = modified, changed = modified } = records
  return { created, accessed, modified, changed }
}

/** Some writers begin every name with `./`. */
const withoutDot = (name: string): string => (name.startsWith('./') ? name.slice(2) : name)

/** Whether the tar has the entry as a stream of `owner`. */
const isStreamOf = (name: string, owner: string | undefined): owner is string =>
  owner !== undefined && name.charCodeAt(owner.length) === 0x3a && name.startsWith(owner)

const dataEnding = ':$DATA'

const streamOf = (owner: string, name: string, size: number): LayerEntry => {
  const stream = name.slice(owner.length + 1)
  return {
    type: 'stream',
    name: owner,
    stream: stream.endsWith(dataEnding) ? stream.slice(0, -dataEnding.length) : stream,
    size,
  }
}

const deletion = (name: string, slash: number, size: number): E.Either<Problem, LayerEntry> => {
  if (size > 0) return E.left(problem(size, 'must have no bytes, as it is a deletion'))
  if (name.slice(slash + 1) === opaqueName) return E.right({ type: 'opaque', name: name.slice(0, Math.max(0, slash)) })
  return E.right({
    type: 'whiteout',
    name: name.slice(0, slash + 1) + name.slice(slash + 1 + whiteoutPrefix.length),
  })
}

type Secured = Pick<Records, 'security' | 'extended'>

const securedBy = ({ security, extended }: Records): Secured => {
  if (extended === undefined) return security === undefined ? {} : { security }
  return security === undefined ? { extended } : { security, extended }
}

const windowsEntry = (raw: RawEntry, name: string, kind: number, size: number): E.Either<Problem, LayerEntry> => {
  const { header, records } = raw
  const times = timesOf(raw)
  if (times === undefined) return E.left(problem(header.modified, 'must have a time that a FILETIME holds'))
  const { attributes = kind === types.directory ? folderAttribute : 0 } = records
  const windows = { name, attributes, times }
  switch (kind) {
    case types.file: {
      const hasData = size > 0 || (header.mode & 0o170000) === fileMode
      return E.right({ type: 'file', ...windows, ...securedBy(records), size, hasData })
    }
    case types.directory:
      return E.right({ type: 'directory', ...windows, ...securedBy(records) })
    case types.link:
      return E.right({ type: 'link', ...windows, target: withoutDot(raw.target) })
    default: {
      const type = records.isMountPoint === true ? 'junction' : 'symlink'
      return E.right({ type, ...windows, ...securedBy(records), target: raw.target })
    }
  }
}

/**
 * What the tar means by an entry. `owner` is the entry that a stream may belong to. Undefined: the root of the tar, which
 * some writers give an entry of its own. Names are not judged here.
 */
export const readEntry = (raw: RawEntry, owner: string | undefined): E.Either<Problem, LayerEntry | undefined> => {
  const { header, records } = raw
  const size = records.size ?? header.size
  const isOldFolder = header.type === types.oldFile && raw.name.endsWith('/')
  const kind = isOldFolder ? types.directory : header.type === types.oldFile ? types.file : header.type
  if (kind === types.directory) {
    if (raw.name === './' || raw.name === '.') return E.right(undefined)
    const name = withoutDot(raw.name)
    return windowsEntry(raw, name.length > 1 && name.endsWith('/') ? name.slice(0, -1) : name, kind, 0)
  }
  const name = withoutDot(raw.name)
  if (kind !== types.file) return windowsEntry(raw, name, kind, 0)
  if (isStreamOf(name, owner)) return E.right(streamOf(owner, name, size))
  const slash = name.lastIndexOf('/')
  if (name.startsWith(whiteoutPrefix, slash + 1)) return deletion(name, slash, size)
  return name.includes(':', slash + 1)
    ? E.left(problem(name, 'must follow the entry whose alternate stream it is'))
    : windowsEntry(raw, name, kind, size)
}
