import { foldName } from '@varve/core/ports'
import { codes } from '../../src/failure.js'
import type { HostFiles } from '../../src/files.js'
import { joined } from '../../src/formats/backup-builder.js'
import type { Native } from '../../src/native/native.js'
import { childOf, fail, names, type MemoryDisk } from './memory-disk.js'
import { exportFrom, importInto } from './memory-layers.js'
import { attributesOf, backupOf, newNode, put, restoreBackup, type Node } from './memory-node.js'

const opens = ({ handles, contexts, mustFind, newHandle, opened }: MemoryDisk): Partial<Native> => ({
  CreateFileW: ({ path }) => newHandle({ node: mustFind(path), above: undefined, name: '' }),
  CloseHandle: (handle) => {
    const { node, above, name, isLast } = opened(handle)
    for (const context of contexts.values()) if (context.handle === handle) throw new Error('a context is kept')
    handles.delete(handle)
    if (isLast && above?.children?.delete(foldName(name)) === true) node.links -= 1
  },
  NtCreateFile: ({ root, path, disposition, options }) => {
    let { node } = opened(root)
    let above: Node | undefined
    const parts = names(path)
    for (const [index, name] of parts.entries()) {
      if (node.reparse !== undefined) fail(codes.reparseEncountered, `${path} is behind a reparse point`)
      if (node.children === undefined) fail(codes.pathNotFound, `${path} is below a file`)
      above = node
      const child = childOf(node, name)
      const isLast = index === parts.length - 1
      if (child === undefined && !(isLast && disposition === 2))
        fail(isLast ? codes.fileNotFound : codes.pathNotFound, `no ${path}`)
      if (child !== undefined && isLast && disposition === 2) fail(codes.alreadyExists, `${path} is there`)
      if (child === undefined) put(node, name, newNode((options & 1) !== 0))
      node = childOf(node, name) ?? node
    }
    if (node.reparse !== undefined && (options & 0x20_0000) === 0)
      fail(codes.reparseEncountered, `${path} is a reparse point`)
    if ((options & 1) !== 0 && node.children === undefined) fail(codes.notADirectory, `${path} is a file`)
    return newHandle({ node, above, name: parts.at(-1) ?? '' })
  },
})

const backups = ({ contexts, control, opened, contextOf }: MemoryDisk): Partial<Native> => ({
  BackupRead: (handle, buffer, withSecurity, context) => {
    const make = () => [backupOf(opened(handle).node, withSecurity, control.shape)]
    const backup = contextOf(handle, context, make, withSecurity)
    const part = joined(backup.bytes).subarray(backup.at, backup.at + Math.min(buffer.length, control.piece))
    buffer.set(part)
    backup.at += part.length
    return part.length
  },
  ReleaseBackupRead: (_handle, context) => {
    if (!contexts.delete(context.pointer ?? 0n)) throw new Error('no context')
    context.pointer = null
  },
  BackupWrite: (handle, bytes, withSecurity, context) =>
    void contextOf(handle, context, () => [], withSecurity).bytes.push(bytes.slice()),
  ReleaseBackupWrite: (handle, context) => {
    const backup = contexts.get(context.pointer ?? 0n)
    if (backup === undefined) throw new Error('no context')
    contexts.delete(context.pointer ?? 0n)
    context.pointer = null
    const { info } = opened(handle).node
    try {
      restoreBackup(opened(handle).node, joined(backup.bytes), backup.withSecurity)
    } catch (cause) {
      // Cut short by what failed before.
      if (control.failed === '') throw cause
    }
    opened(handle).node.info = { ...info, attributes: opened(handle).node.info.attributes }
  },
})

const handles = ({ opened }: MemoryDisk): Partial<Native> => ({
  ReadFile: (handle, buffer) => {
    const open = opened(handle)
    const part = open.node.data.subarray(open.position, open.position + buffer.length)
    buffer.set(part)
    open.position += part.length
    return part.length
  },
  WriteFile: (handle, bytes) => {
    const { node } = opened(handle)
    node.data = joined([node.data, bytes])
  },
  SetFilePointerEx: (handle, position) => {
    opened(handle).position = Number(position)
  },
  GetFileBasicInfo: (handle) => opened(handle).node.info,
  SetFileBasicInfo: (handle, given) => {
    const { node } = opened(handle)
    const { attributes } = node.info
    const kept = attributes & 0x410
    const set = given.attributes === 0 ? attributes : attributesOf((given.attributes & ~0x10) | kept)
    const times = Object.entries(given).filter(([name, value]) => name !== 'attributes' && value !== 0n)
    node.info = { ...node.info, ...Object.fromEntries(times), attributes: set }
  },
  GetFileStandardInfo: (handle) => {
    const { node } = opened(handle)
    return { size: BigInt(node.data.length), links: node.links, isDirectory: node.children !== undefined }
  },
  GetFileIdInfo: (handle) => String(opened(handle).node.id),
  LinkFile: (handle, parent, name) => {
    const { node } = opened(handle)
    if (childOf(opened(parent).node, name) !== undefined) fail(codes.alreadyExists, `${name} is there`)
    put(opened(parent).node, name, node)
    node.links += 1
  },
  DeleteOnClose: (handle) => {
    const open = opened(handle)
    if ((open.node.children?.size ?? 0) > 0 && open.node.reparse === undefined) fail(codes.notEmpty, 'not empty')
    open.isLast = true
  },
})

const layers = ({ control, mustFind }: MemoryDisk): Partial<Native> => ({
  SecurityDescriptorOf: (sddl) =>
    sddl === 'none' ? fail(0x8007_053a, 'no descriptor') : new TextEncoder().encode(`SDDL ${sddl}`),
  ImportLayer: (path, folder, parents) =>
    importInto(
      mustFind(path),
      mustFind(folder),
      parents.map((parent) => mustFind(parent.path)),
    ),
  ExportLayer: (path, folder, parents) =>
    exportFrom(
      mustFind(path),
      mustFind(folder),
      parents.map((parent) => mustFind(parent.path)),
      control.shape,
    ),
  ProcessUtilityImage: (path) => void mustFind(path),
})

/** Functions of Windows over it, as far as layers need them. */
export const memoryNative = (disk: MemoryDisk): Partial<Native> => ({
  ...opens(disk),
  ...backups(disk),
  ...handles(disk),
  ...layers(disk),
})

/** Its files as a host would show them. */
export const memoryFiles = ({ find, mustFind, list, makeFolder, remove }: MemoryDisk): Partial<HostFiles> => ({
  exists: (path) => find(path) !== undefined,
  kindOf: (path) => {
    const node = find(path)
    return node && (node.reparse !== undefined ? 'symlink' : node.children === undefined ? 'file' : 'directory')
  },
  list,
  makeFolder: (path) => void makeFolder(path),
  removeTree: remove,
  readFile: (path) => mustFind(path).data,
})
