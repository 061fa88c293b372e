import type { KnownCodes } from './codes.js'

const look = 'put back what is missing, or correct the path'
const elevate = 'run as an elevated administrator or as LocalSystem'
const closeIt =
  'close what uses it (a shell in the folder, an antivirus program, another container engine) and try again'
const free = 'free some space on the volume and try again'
const repair = 'check the volume (chkdsk) and restore the file'
const hive = 'the registry hive is damaged: restore the layer it came with'
const old = 'use a newer build of Windows'
const again = 'try again'
const shorter = 'use shorter paths: a root near the top of its volume'
const local = 'keep the root on a local NTFS volume'
const fewer = 'run fewer operations at once, or give the host more memory'
const drive = 'check the disk and its event log'
const feature =
  'a DLL or function of Windows is missing: install the Windows feature Containers, or use Windows Server 2019 (build 17763) or newer'
const caller = 'this is a mistake in the call: please report it with this message'

/** By Win32 code. */
export const win32Codes: KnownCodes = {
  1: [
    'ERROR_INVALID_FUNCTION',
    'unsupported',
    'the volume or a filter driver on it (cloud drive, backup, encryption) refuses: stop that driver or move the root to another volume',
  ],
  2: ['ERROR_FILE_NOT_FOUND', 'not-exist', look],
  3: ['ERROR_PATH_NOT_FOUND', 'not-exist', look],
  4: ['ERROR_TOO_MANY_OPEN_FILES', 'limit', fewer],
  5: ['ERROR_ACCESS_DENIED', 'access', `${elevate}; if it is, an antivirus program or a layer still attached holds it`],
  6: ['ERROR_INVALID_HANDLE', 'invalid-argument', caller],
  8: ['ERROR_NOT_ENOUGH_MEMORY', 'limit', fewer],
  14: ['ERROR_OUTOFMEMORY', 'limit', fewer],
  15: ['ERROR_INVALID_DRIVE', 'not-exist', look],
  17: ['ERROR_NOT_SAME_DEVICE', 'unsupported', 'keep everything of the root on one volume'],
  19: ['ERROR_WRITE_PROTECT', 'access', 'make the volume writable'],
  21: ['ERROR_NOT_READY', 'not-ready', `the host is busy attaching disks: ${again}`],
  23: ['ERROR_CRC', 'corrupt', drive],
  29: ['ERROR_WRITE_FAULT', 'io', drive],
  30: ['ERROR_READ_FAULT', 'io', drive],
  31: ['ERROR_GEN_FAILURE', 'io', drive],
  32: ['ERROR_SHARING_VIOLATION', 'in-use', closeIt],
  33: ['ERROR_LOCK_VIOLATION', 'in-use', closeIt],
  38: ['ERROR_HANDLE_EOF', 'corrupt', 'the file is shorter than it says: restore it'],
  39: ['ERROR_HANDLE_DISK_FULL', 'disk-full', free],
  50: ['ERROR_NOT_SUPPORTED', 'unsupported', local],
  53: ['ERROR_BAD_NETPATH', 'not-exist', local],
  55: ['ERROR_DEV_NOT_EXIST', 'not-active', 'the layer is not attached: there is nothing to detach'],
  64: ['ERROR_NETNAME_DELETED', 'not-exist', local],
  67: ['ERROR_BAD_NET_NAME', 'not-exist', local],
  80: ['ERROR_FILE_EXISTS', 'exists', 'move away what is there'],
  82: ['ERROR_CANNOT_MAKE', 'access', 'let this user write there'],
  87: [
    'ERROR_INVALID_PARAMETER',
    'invalid-argument',
    'Windows refuses these arguments: see that the layer and its parents are whole',
  ],
  110: ['ERROR_OPEN_FAILED', 'not-exist', look],
  111: ['ERROR_BUFFER_OVERFLOW', 'invalid-argument', shorter],
  112: ['ERROR_DISK_FULL', 'disk-full', free],
  120: ['ERROR_CALL_NOT_IMPLEMENTED', 'unsupported', old],
  121: ['ERROR_SEM_TIMEOUT', 'timeout', again],
  122: ['ERROR_INSUFFICIENT_BUFFER', 'invalid-argument', caller],
  123: ['ERROR_INVALID_NAME', 'invalid-argument', 'use a name that NTFS can hold'],
  126: ['ERROR_MOD_NOT_FOUND', 'unsupported', feature],
  127: ['ERROR_PROC_NOT_FOUND', 'unsupported', feature],
  145: ['ERROR_DIR_NOT_EMPTY', 'not-empty', 'move away what is in the folder'],
  161: ['ERROR_BAD_PATHNAME', 'invalid-argument', 'correct the path'],
  170: ['ERROR_BUSY', 'in-use', closeIt],
  183: ['ERROR_ALREADY_EXISTS', 'exists', 'move away what is there'],
  193: ['ERROR_BAD_EXE_FORMAT', 'unsupported', 'use a node.exe of the same architecture as Windows'],
  206: ['ERROR_FILENAME_EXCED_RANGE', 'invalid-argument', shorter],
  225: ['ERROR_VIRUS_INFECTED', 'access', 'an antivirus program holds the file: exempt the root, or remove the file'],
  234: ['ERROR_MORE_DATA', 'invalid-argument', caller],
  267: ['ERROR_DIRECTORY', 'invalid-argument', 'move away the file that is where a folder belongs'],
  303: ['ERROR_DELETE_PENDING', 'in-use', closeIt],
  448: ['ERROR_UNTRUSTED_MOUNT_POINT', 'reparse-point', 'remove the link, or use the path it leads to'],
  995: ['ERROR_OPERATION_ABORTED', 'cancelled', again],
  1005: ['ERROR_UNRECOGNIZED_VOLUME', 'unsupported', 'format the volume with NTFS'],
  1006: ['ERROR_FILE_INVALID', 'state', again],
  1009: ['ERROR_BADDB', 'corrupt', hive],
  1016: ['ERROR_REGISTRY_IO_FAILED', 'corrupt', hive],
  1017: ['ERROR_NOT_REGISTRY_FILE', 'corrupt', hive],
  1058: ['ERROR_SERVICE_DISABLED', 'service', 'enable the service vmcompute (Host Compute Service)'],
  1062: ['ERROR_SERVICE_NOT_ACTIVE', 'service', 'start the service vmcompute (Host Compute Service)'],
  1117: ['ERROR_IO_DEVICE', 'io', drive],
  1142: ['ERROR_TOO_MANY_LINKS', 'limit', 'NTFS gives a file 1,024 names at most: use fewer layers one upon another'],
  1150: ['ERROR_OLD_WIN_VERSION', 'unsupported', old],
  1167: ['ERROR_DEVICE_NOT_CONNECTED', 'not-ready', `the host is busy attaching disks: ${again}`],
  1168: ['ERROR_NOT_FOUND', 'not-active', 'nothing is bound there: there is nothing to remove'],
  1223: ['ERROR_CANCELLED', 'cancelled', again],
  1295: ['ERROR_DISK_QUOTA_EXCEEDED', 'disk-full', 'raise the quota, or free some space'],
  1300: ['ERROR_NOT_ALL_ASSIGNED', 'access', elevate],
  1306: ['ERROR_REVISION_MISMATCH', 'unsupported', 'install what this version of Varve was proved with'],
  1314: ['ERROR_PRIVILEGE_NOT_HELD', 'access', elevate],
  1392: ['ERROR_FILE_CORRUPT', 'corrupt', repair],
  1393: ['ERROR_DISK_CORRUPT', 'corrupt', repair],
  1450: ['ERROR_NO_SYSTEM_RESOURCES', 'limit', fewer],
  1453: ['ERROR_WORKING_SET_QUOTA', 'limit', fewer],
  1455: ['ERROR_COMMITMENT_LIMIT', 'limit', fewer],
  1460: ['ERROR_TIMEOUT', 'timeout', `too much was attached at once: ${again}`],
  1920: ['ERROR_CANT_ACCESS_FILE', 'access', 'a filter driver keeps the file to itself: stop it, or move the root'],
  4390: ['ERROR_NOT_A_REPARSE_POINT', 'reparse-point', 'the link is gone: restore the layer'],
  4391: ['ERROR_REPARSE_ATTRIBUTE_CONFLICT', 'reparse-point', 'remove the link that is where a file belongs'],
  4392: ['ERROR_INVALID_REPARSE_DATA', 'corrupt', 'the link is damaged: restore the layer'],
  4395: [
    'ERROR_REPARSE_POINT_ENCOUNTERED',
    'reparse-point',
    'a link leads out of the layer: the layer is refused; remove the link',
  ],
  6009: ['ERROR_FILE_READ_ONLY', 'access', 'make the file writable'],
}
