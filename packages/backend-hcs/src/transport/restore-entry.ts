import type { DirectoryEntry, FileEntry, SecurityDescriptor, SymlinkEntry } from '@varve/core/tar'
import { codeOf } from '../failure.js'
import { metadataStreams } from '../formats/backup-builder.js'
import { encodeReparse } from '../formats/reparse.js'
import type { Native } from '../native/native.js'
import type { Machine } from '../machine.js'
import { refuse, type Where } from './items.js'

/** An entry that becomes a file or folder of its own. */
export type OwnEntry = FileEntry | DirectoryEntry | SymlinkEntry

/** Win32 codes of texts that are no security descriptor: of parameters, revisions, names and the parts of a descriptor. */
const notADescriptor: readonly number[] = [87, 1305, 1332, 1336, 1337, 1338, 1340].map(
  (code) => (0x8007_0000 | code) >>> 0,
)

const descriptorOf = (native: Native, security: SecurityDescriptor, where: Where): Uint8Array => {
  if ('bytes' in security) return security.bytes
  try {
    return native.SecurityDescriptorOf(security.sddl)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === undefined || !notADescriptor.includes(code)) throw cause
    return refuse(where, security.sddl, 'must have a security descriptor that Windows can read')
  }
}

const reparseOf = (entry: SymlinkEntry, where: Where): Uint8Array =>
  encodeReparse(entry) ?? refuse(where, entry.target, 'must have a target that fits into the 16 KiB of a reparse point')

/** The streams of an entry's backup that come before its data. */
export const streamsOf = ({ native }: Machine, entry: OwnEntry, where: Where): Uint8Array =>
  metadataStreams({
    security: entry.security && descriptorOf(native, entry.security, where),
    extended: entry.extended,
    reparse: entry.type === 'symlink' || entry.type === 'junction' ? reparseOf(entry, where) : undefined,
  })
