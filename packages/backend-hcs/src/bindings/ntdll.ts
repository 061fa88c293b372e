import type { Signatures } from './signature.js'

/** Opens that follow no reparse point, and what only they can do. */
export const ntdll = {
  NtCreateFile: [
    'ntstatus',
    ['handle', 'cell64'],
    ['access', 'u32'],
    ['object', 'objectAttributes'],
    ['status', 'cell128'],
    ['allocation', 'none'],
    ['attributes', 'u32'],
    ['share', 'u32'],
    ['disposition', 'u32'],
    ['options', 'u32'],
    ['extendedAttributes', 'bytesOrNull'],
    ['extendedAttributesLength', 'u32'],
  ],
  NtSetInformationFile: [
    'ntstatus',
    ['handle', 'handle'],
    ['status', 'cell128'],
    ['buffer', 'bytes'],
    ['length', 'u32'],
    ['class', 'i32'],
  ],
  RtlNtStatusToDosError: ['value', ['status', 'i32']],
  RtlGetVersion: ['ntstatus', ['version', 'bytes']],
} as const satisfies Signatures
