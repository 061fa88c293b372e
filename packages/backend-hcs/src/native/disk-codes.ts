import type { KnownCodes } from './codes.js'

const restore = 'the virtual disk is damaged: restore the layer it belongs to'
const parent = 'the disk this one was made from was moved or changed: put the base layer back where it was'
const closeIt = 'detach the disk elsewhere (Disk Management, Dismount-VHD) and try again'
const caller = 'this is a mistake in the call: please report it with this message'
const old = 'use a newer build of Windows'

/** HRESULTs of no other family: virtual disks, filters, COM. */
export const diskCodes: KnownCodes = {
  0xc03a0001: ['ERROR_VHD_DRIVE_FOOTER_MISSING', 'corrupt', restore],
  0xc03a0002: ['ERROR_VHD_DRIVE_FOOTER_CHECKSUM_MISMATCH', 'corrupt', restore],
  0xc03a0003: ['ERROR_VHD_DRIVE_FOOTER_CORRUPT', 'corrupt', restore],
  0xc03a0004: ['ERROR_VHD_FORMAT_UNKNOWN', 'corrupt', restore],
  0xc03a0005: ['ERROR_VHD_FORMAT_UNSUPPORTED_VERSION', 'unsupported', old],
  0xc03a0006: ['ERROR_VHD_SPARSE_HEADER_CHECKSUM_MISMATCH', 'corrupt', restore],
  0xc03a0007: ['ERROR_VHD_SPARSE_HEADER_UNSUPPORTED_VERSION', 'unsupported', old],
  0xc03a0008: ['ERROR_VHD_SPARSE_HEADER_CORRUPT', 'corrupt', restore],
  0xc03a0009: ['ERROR_VHD_BLOCK_ALLOCATION_FAILURE', 'disk-full', 'free some space on the volume and try again'],
  0xc03a000a: ['ERROR_VHD_BLOCK_ALLOCATION_TABLE_CORRUPT', 'corrupt', restore],
  0xc03a000b: ['ERROR_VHD_INVALID_BLOCK_SIZE', 'corrupt', restore],
  0xc03a000c: ['ERROR_VHD_BITMAP_MISMATCH', 'corrupt', restore],
  0xc03a000d: ['ERROR_VHD_PARENT_VHD_NOT_FOUND', 'not-exist', parent],
  0xc03a000e: ['ERROR_VHD_CHILD_PARENT_ID_MISMATCH', 'corrupt', parent],
  0xc03a000f: ['ERROR_VHD_CHILD_PARENT_TIMESTAMP_MISMATCH', 'corrupt', parent],
  0xc03a0010: ['ERROR_VHD_METADATA_READ_FAILURE', 'corrupt', restore],
  0xc03a0011: ['ERROR_VHD_METADATA_WRITE_FAILURE', 'io', 'check the disk and its event log'],
  0xc03a0012: [
    'ERROR_VHD_INVALID_SIZE',
    'invalid-argument',
    'ask for a size of at most 64 TiB, no smaller than the disk is',
  ],
  0xc03a0013: ['ERROR_VHD_INVALID_FILE_SIZE', 'corrupt', restore],
  0xc03a0014: ['ERROR_VIRTDISK_PROVIDER_NOT_FOUND', 'unsupported', old],
  0xc03a0015: ['ERROR_VIRTDISK_NOT_VIRTUAL_DISK', 'corrupt', restore],
  0xc03a0016: ['ERROR_VHD_PARENT_VHD_ACCESS_DENIED', 'access', 'let this user read the base layer'],
  0xc03a0017: ['ERROR_VHD_CHILD_PARENT_SIZE_MISMATCH', 'corrupt', parent],
  0xc03a0018: ['ERROR_VHD_DIFFERENCING_CHAIN_CYCLE_DETECTED', 'corrupt', parent],
  0xc03a0019: ['ERROR_VHD_DIFFERENCING_CHAIN_ERROR_IN_PARENT', 'corrupt', parent],
  0xc03a001a: [
    'ERROR_VIRTUAL_DISK_LIMITATION',
    'unsupported',
    'keep the root on a local NTFS volume, neither compressed nor encrypted',
  ],
  0xc03a001b: ['ERROR_VHD_INVALID_TYPE', 'invalid-argument', caller],
  0xc03a001c: ['ERROR_VHD_INVALID_STATE', 'state', closeIt],
  0xc03a001d: [
    'ERROR_VIRTDISK_UNSUPPORTED_DISK_SECTOR_SIZE',
    'unsupported',
    'keep the root on a disk with sectors of 512 or 4096 bytes',
  ],
  0xc03a001e: ['ERROR_VIRTDISK_DISK_ALREADY_OWNED', 'in-use', closeIt],
  0xc03a001f: ['ERROR_VIRTDISK_DISK_ONLINE_AND_WRITABLE', 'in-use', closeIt],
  0xc03a0025: [
    'ERROR_VHD_RESIZE_WOULD_TRUNCATE_DATA',
    'invalid-argument',
    'ask for a size no smaller than the disk is',
  ],
  0x801f0015: ['ERROR_FLT_INSTANCE_NOT_FOUND', 'not-active', 'the layer is not prepared: there is nothing to undo'],
  0x801f0013: [
    'ERROR_FLT_FILTER_NOT_FOUND',
    'unsupported',
    'the filter driver is not loaded: fltmc load wcifs and fltmc load bindflt, or install the Windows feature Containers',
  ],
  0x801f0011: ['ERROR_FLT_INSTANCE_ALTITUDE_COLLISION', 'exists', 'the layer is prepared already: detach it first'],
  0x801f0012: ['ERROR_FLT_INSTANCE_NAME_COLLISION', 'exists', 'the layer is prepared already: detach it first'],
  0x80004001: ['E_NOTIMPL', 'unsupported', old],
  0x80004004: ['E_ABORT', 'cancelled', 'try again'],
  0x80004005: ['E_FAIL', 'unknown', 'see the event log Microsoft-Windows-Hyper-V-Compute'],
  0x8000ffff: ['E_UNEXPECTED', 'unknown', 'see the event log Microsoft-Windows-Hyper-V-Compute'],
  0xd0000002: ['STATUS_NOT_IMPLEMENTED', 'unsupported', old],
}
