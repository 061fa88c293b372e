import type { Signatures } from './signature.js'

/** Privileges, security descriptors, the registry. */
export const advapi32 = {
  OpenProcessToken: ['bool', ['process', 'thisProcess'], ['access', 'u32'], ['token', 'cell64']],
  OpenThreadToken: ['bool', ['thread', 'pointer'], ['access', 'u32'], ['asSelf', 'flag'], ['token', 'cell64']],
  ImpersonateSelf: ['bool', ['level', 'i32']],
  RevertToSelf: ['bool'],
  LookupPrivilegeValueW: ['bool', ['system', 'none'], ['name', 'text'], ['luid', 'cell64']],
  /** Succeeds with 1300 as last error when a privilege is not held. */
  AdjustTokenPrivileges: [
    'bool',
    ['token', 'handle'],
    ['disableAll', 'flag'],
    ['privileges', 'bytes'],
    ['previousLength', 'u32'],
    ['previous', 'bytesOrNull'],
    ['needed', 'cell32OrNull'],
  ],
  /** The results of these four are freed with LocalFree. */
  ConvertStringSecurityDescriptorToSecurityDescriptorW: [
    'bool',
    ['sddl', 'document'],
    ['revision', 'u32'],
    ['descriptor', 'cell64'],
    ['length', 'cell32OrNull'],
  ],
  ConvertSecurityDescriptorToStringSecurityDescriptorW: [
    'bool',
    ['descriptor', 'bytes'],
    ['revision', 'u32'],
    ['parts', 'u32'],
    ['sddl', 'cell64'],
    ['units', 'cell32OrNull'],
  ],
  ConvertStringSidToSidW: ['bool', ['text', 'text'], ['sid', 'cell64']],
  ConvertSidToStringSidW: ['bool', ['sid', 'pointer'], ['text', 'cell64']],
  /** Only `descriptor` is freed, with LocalFree; the others point into it. */
  GetSecurityInfo: [
    'win32',
    ['handle', 'handle'],
    ['type', 'i32'],
    ['parts', 'u32'],
    ['owner', 'cell64OrNull'],
    ['group', 'cell64OrNull'],
    ['dacl', 'cell64OrNull'],
    ['sacl', 'cell64OrNull'],
    ['descriptor', 'cell64'],
  ],
  SetSecurityInfo: [
    'win32',
    ['handle', 'handle'],
    ['type', 'i32'],
    ['parts', 'u32'],
    ['owner', 'pointerOrNull'],
    ['group', 'pointerOrNull'],
    ['dacl', 'pointerOrNull'],
    ['sacl', 'pointerOrNull'],
  ],
  /** `acl` is freed with LocalFree. */
  SetEntriesInAclW: ['win32', ['count', 'u32'], ['entries', 'bytes'], ['old', 'pointerOrNull'], ['acl', 'cell64']],
  RegOpenKeyExW: [
    'win32',
    ['key', 'pointer'],
    ['name', 'text'],
    ['options', 'u32'],
    ['access', 'u32'],
    ['opened', 'cell64'],
  ],
  RegQueryValueExW: [
    'win32',
    ['key', 'pointer'],
    ['name', 'text'],
    ['reserved', 'none'],
    ['type', 'cell32OrNull'],
    ['data', 'bytesOrNull'],
    ['length', 'cell32'],
  ],
} as const satisfies Signatures
