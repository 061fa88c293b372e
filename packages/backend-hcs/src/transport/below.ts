import { backendFault } from '@varve/core/ports'
import { codeOf, codes, raise } from '../failure.js'
import { isPlainFolder, isReparsePoint } from '../formats/filetime.js'
import type { Machine } from '../machine.js'
import type { BasicInfo, Handle } from '../native/native.js'
import { lastOf, longPath, parentOf } from './items.js'

/**
 * A folder that everything is done below, by relative paths with `\` between their names. No reparse point is followed on
 * the way to anything; one that is met raises `reparseEncountered`.
 */
export type Root = { readonly machine: Machine; readonly path: string; readonly handle: Handle }

export const access = {
  read: 0x8000_0000,
  write: 0x4000_0000,
  delete: 0x1_0000,
  /** WRITE_DAC and WRITE_OWNER */
  writeSecurity: 0xc_0000,
  /** ACCESS_SYSTEM_SECURITY */
  auditing: 0x100_0000,
  readAttributes: 0x80,
  writeAttributes: 0x100,
} as const
export const share = { read: 1, all: 7 } as const
/** Of NtCreateFile; those of CreateFileW are other numbers. */
const disposition = { open: 1, create: 2 } as const
const options = { none: 0, directory: 1, openReparsePoint: 0x20_0000 } as const
/** FILE_FLAG_BACKUP_SEMANTICS and FILE_FLAG_OPEN_REPARSE_POINT: opens whatever is there, also a folder. */
const openAnything = 0x0220_0000
const openExisting = 3

const longestPath = 32_767

/** Opens what is at an absolute path, be it a folder or a reparse point. */
export const openAt = ({ native }: Machine, path: string, shared: number, wanted: number = access.read): Handle =>
  native.CreateFileW({
    path,
    access: wanted,
    share: shared,
    disposition: openExisting,
    flags: openAnything,
  })

/** Opens a folder to work below. */
export const openRoot = (machine: Machine, folder: string): Root => {
  const path = longPath(folder)
  return { machine, path, handle: openAt(machine, path, share.all) }
}

export const closeRoot = ({ machine, handle }: Root): void => machine.native.CloseHandle(handle)

const isMisplaced = (path: string): boolean =>
  path.length > longestPath ||
  /[\0:/]/.test(path) ||
  path.split('\\').some((name) => name === '' || name === '.' || name === '..')

type Opening = {
  readonly access: number
  readonly share: number
  readonly disposition: number
  readonly options: number
}

const open = ({ machine, handle, path: root }: Root, path: string, how: Opening): Handle => {
  if (path !== '' && isMisplaced(path))
    raise(backendFault(`${JSON.stringify(path)} is no path below ${root}; use one that is`, codes.invalidParameter))
  return machine.native.NtCreateFile({ root: handle, path, ...how })
}

/** Uses a handle, and closes it. */
export const using = <T>({ native }: Machine, handle: Handle, use: (handle: Handle) => T): T => {
  try {
    return use(handle)
  } finally {
    native.CloseHandle(handle)
  }
}

/** Opens something for its backup to be read. */
export const openToRead = (root: Root, path: string): Handle =>
  open(root, path, {
    access: (access.read | access.auditing) >>> 0,
    share: share.all,
    disposition: disposition.open,
    options: options.openReparsePoint,
  })

/** What is at a path, undefined when nothing is. */
export const look = (root: Root, path: string): BasicInfo | undefined => {
  const how = { access: access.readAttributes, share: share.all, disposition: disposition.open }
  try {
    const handle = open(root, path, { ...how, options: options.openReparsePoint })
    return using(root.machine, handle, root.machine.native.GetFileBasicInfo)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === codes.fileNotFound || code === codes.pathNotFound) return undefined
    throw cause
  }
}

/** The tag of the reparse point at a path. */
export const tagAt = (root: Root, path: string): number => {
  const how = { access: access.readAttributes, share: share.all, disposition: disposition.open }
  const handle = open(root, path, { ...how, options: options.openReparsePoint })
  return using(root.machine, handle, root.machine.native.GetFileAttributeTagInfo).reparseTag
}

/** Makes a folder where nothing is. */
export const makeFolder = (root: Root, path: string): void => {
  const how = { access: 0, share: share.all, disposition: disposition.create, options: options.directory }
  root.machine.native.CloseHandle(open(root, path, how))
}

/** Makes a folder and those above it. */
export const makeFolders = (root: Root, path: string): void => {
  const names = path.split('\\')
  for (const [index] of names.entries()) {
    const folder = names.slice(0, index + 1).join('\\')
    const found = look(root, folder)
    if (found === undefined) makeFolder(root, folder)
    else if (!isPlainFolder(found.attributes)) raise(notAFolder(root, folder))
  }
}

const notAFolder = (root: Root, path: string) =>
  backendFault(`${root.path}\\${path} is no folder; move it away and try again`, codes.notADirectory)

const restoring = {
  access: (access.read | access.write | access.writeSecurity | access.auditing) >>> 0,
  share: share.read,
}

/** Makes a file or a folder that a backup is going to be written to. */
export const createToRestore = (root: Root, path: string, isFolder: boolean): Handle =>
  open(root, path, {
    ...restoring,
    disposition: disposition.create,
    options: isFolder ? options.directory : options.none,
  })

/** Makes a file that is written to as it is. */
export const createPlain = (root: Root, path: string): Handle =>
  open(root, path, {
    access: (access.read | access.write) >>> 0,
    share: share.read,
    disposition: disposition.create,
    options: options.none,
  })

/** Opens a folder that is there for a backup to be written to. */
export const openToRestore = (root: Root, path: string): Handle =>
  open(root, path, {
    ...restoring,
    disposition: disposition.open,
    options: options.directory | options.openReparsePoint,
  })

/** Gives times and attributes to a folder. */
export const restoreFolder = (root: Root, path: string, info: BasicInfo): void => {
  const handle = open(root, path, {
    access: (access.read | access.write) >>> 0,
    share: share.read,
    disposition: disposition.open,
    options: options.directory | options.openReparsePoint,
  })
  using(root.machine, handle, () => root.machine.native.SetFileBasicInfo(handle, info))
}

/** Removes a file, a reparse point or an empty folder. */
export const remove = (root: Root, path: string): void => {
  const handle = open(root, path, {
    access: access.readAttributes | access.writeAttributes | access.delete,
    share: share.all,
    disposition: disposition.open,
    options: options.openReparsePoint,
  })
  using(root.machine, handle, root.machine.native.DeleteOnClose)
}

/** Names in a folder. */
export const listBelow = ({ machine, path: root }: Root, path: string): readonly string[] =>
  machine.files.list(path === '' ? root : `${root}\\${path}`)

/** Removes whatever is there, as much of it as can be, and raises the first failure. What is missing is removed. */
export const removeTree = (root: Root, path: string): void => {
  const found = look(root, path)
  if (found === undefined) return
  let failure: { readonly cause: unknown } | undefined
  const attempt = (step: () => void): void => {
    try {
      step()
    } catch (cause) {
      failure ??= { cause }
    }
  }
  if (isPlainFolder(found.attributes))
    attempt(() => {
      for (const name of listBelow(root, path)) attempt(() => removeTree(root, `${path}\\${name}`))
    })
  attempt(() => remove(root, path))
  if (failure !== undefined) throw failure.cause
}

/** Gives the file at `target`, which may be below another root of the same volume, a second name. */
export const link = (from: Root, target: string, to: Root, path: string): void => {
  const { native } = to.machine
  const source = open(from, target, {
    access: access.writeAttributes,
    share: share.all,
    disposition: disposition.open,
    options: options.openReparsePoint,
  })
  using(from.machine, source, () => {
    const folder = open(to, parentOf(path), {
      access: access.read,
      share: share.all,
      disposition: disposition.open,
      options: options.directory | options.openReparsePoint,
    })
    using(to.machine, folder, () => {
      if (isReparsePoint(native.GetFileBasicInfo(folder).attributes)) raise(throughReparsePoint(to, path))
      native.LinkFile(source, folder, lastOf(path))
    })
  })
}

const throughReparsePoint = (root: Root, path: string) =>
  backendFault(
    `${root.path}\\${path} would be behind a reparse point; remove what is there and try again`,
    codes.reparseEncountered,
  )

/** Makes sure that what is at a path is really there, and nothing on the way leads elsewhere. */
export const assertNoReparsePoint = (root: Root, path: string): void => {
  const how = { access: 0, share: share.all, disposition: disposition.open, options: options.none }
  root.machine.native.CloseHandle(open(root, path, how))
}
