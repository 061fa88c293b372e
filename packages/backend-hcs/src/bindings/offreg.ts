import type { Signatures } from './signature.js'

/** Registry hives in files. ORSaveHive never overwrites a file. */
export const offreg = {
  ORCreateHive: ['win32', ['hive', 'cell64']],
  OROpenHive: ['win32', ['path', 'path'], ['hive', 'cell64']],
  ORSaveHive: ['win32', ['hive', 'pointer'], ['path', 'path'], ['major', 'u32'], ['minor', 'u32']],
  ORCloseHive: ['win32', ['hive', 'pointer']],
  ORMergeHives: ['win32', ['hives', 'bytes'], ['count', 'u32'], ['merged', 'cell64']],
  ORCreateKey: [
    'win32',
    ['key', 'pointer'],
    ['name', 'text'],
    ['class', 'none'],
    ['options', 'u32'],
    ['security', 'bytesOrNull'],
    ['created', 'cell64'],
    ['disposition', 'cell32OrNull'],
  ],
  OROpenKey: ['win32', ['key', 'pointer'], ['name', 'text'], ['opened', 'cell64']],
  ORCloseKey: ['win32', ['key', 'pointer']],
  ORDeleteKey: ['win32', ['key', 'pointer'], ['name', 'text']],
  ORGetValue: [
    'win32',
    ['key', 'pointer'],
    ['subkey', 'text'],
    ['name', 'text'],
    ['type', 'cell32OrNull'],
    ['data', 'bytesOrNull'],
    ['length', 'cell32'],
  ],
  ORSetValue: [
    'win32',
    ['key', 'pointer'],
    ['name', 'text'],
    ['type', 'u32'],
    ['data', 'bytesOrNull'],
    ['length', 'u32'],
  ],
} as const satisfies Signatures
