import type { ObjectAttributes } from '../bindings/signature.js'
import {
  fileDispositionInformation,
  fileDispositionInformationEx,
  fileLinkInformation,
  ioStatusBlock,
  objectAttributes,
  osVersionInfo,
} from '../bindings/structs.js'
import { codeOf } from '../failure.js'
import { call } from './call.js'
import { refuse, requireKind, requireObject } from './checks.js'
import { cell64, pack, putText, read, u64In } from './fields.js'
import type { Handle, Ntdll, OpenBelow } from './native.js'
import type { Table } from './table.js'

const doNotReparse = 0x1000
const synchronize = 0x10_0000
/** FILE_OPEN_FOR_BACKUP_INTENT and FILE_SYNCHRONOUS_IO_NONALERT. */
const always = 0x4020
const classes = { link: 11, disposition: 13, dispositionEx: 64 } as const
/**
 * FILE_DISPOSITION_DELETE, with POSIX_SEMANTICS, so that the name is free at once whoever has the file open, and
 * IGNORE_READONLY_ATTRIBUTE.
 */
const deletion = 0x13
/** Windows reads no less than the whole struct, which holds one unit of the name and padding. */
const leastLink = 24

const within = (root: Handle, path: string): ObjectAttributes => ({
  Length: objectAttributes.size,
  RootDirectory: root,
  ObjectName: { Length: path.length * 2, MaximumLength: path.length * 2, Buffer: path },
  Attributes: doNotReparse,
  SecurityDescriptor: null,
  SecurityQualityOfService: null,
})

const openBelow = (table: Table, asked: OpenBelow): Handle => {
  requireObject('NtCreateFile', 'asked', asked)
  const { root, path, access, share, disposition, options } = asked
  requireKind('NtCreateFile', 'root', 'handle', root)
  requireKind('NtCreateFile', 'path', 'text', path)
  requireKind('NtCreateFile', 'access', 'u32', access)
  requireKind('NtCreateFile', 'options', 'u32', options)
  const handle = cell64()
  const status = pack(ioStatusBlock, {})
  const wanted = (access | synchronize) >>> 0
  const opened = (options | always) >>> 0
  call(table, 'NtCreateFile', handle, wanted, within(root, path), status, null, 0, share, disposition, opened, null, 0)
  return u64In(handle)
}

const setInformation = (table: Table, handle: Handle, kind: number, info: Uint8Array): void =>
  void call(table, 'NtSetInformationFile', handle, pack(ioStatusBlock, {}), info, info.length, kind)

const link = (table: Table, handle: Handle, parent: Handle, name: string): void => {
  requireKind('LinkFile', 'parent', 'handle', parent)
  requireKind('LinkFile', 'name', 'text', name)
  if (name === '' || /[\\/:]/.test(name)) refuse('LinkFile', 'name', name, 'one name, without \\, / and :')
  const length = name.length * 2
  const size = Math.max(leastLink, fileLinkInformation.end + length)
  const info = pack(fileLinkInformation, { RootDirectory: parent, FileNameLength: length }, size)
  putText(info, fileLinkInformation.end, name)
  setInformation(table, handle, classes.link, info)
}

/** ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED, ERROR_INVALID_PARAMETER, STATUS_NOT_IMPLEMENTED: the host has only the older class. */
const unknownClass: readonly (number | undefined)[] = [0x8007_0001, 0x8007_0032, 0x8007_0057, 0xd000_0002]

const deleteOnClose = (table: Table, handle: Handle): void => {
  try {
    setInformation(table, handle, classes.dispositionEx, pack(fileDispositionInformationEx, { Flags: deletion }))
  } catch (cause) {
    if (!unknownClass.includes(codeOf(cause))) throw cause
    setInformation(table, handle, classes.disposition, pack(fileDispositionInformation, { DeleteFile: 1 }))
  }
}

export const ntdllOf = (table: Table): Ntdll => ({
  NtCreateFile: (asked) => openBelow(table, asked),
  LinkFile: (handle, parent, name) => link(table, handle, parent, name),
  DeleteOnClose: (handle) => deleteOnClose(table, handle),
  RtlGetVersion: () => {
    const version = pack(osVersionInfo, { OSVersionInfoSize: osVersionInfo.size })
    call(table, 'RtlGetVersion', version)
    return {
      major: read(osVersionInfo, version, 'MajorVersion'),
      minor: read(osVersionInfo, version, 'MinorVersion'),
      build: read(osVersionInfo, version, 'BuildNumber'),
    }
  },
})
