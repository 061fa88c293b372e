import type { Signatures } from './signature.js'

export const ole32 = {
  CoTaskMemFree: ['value', ['memory', 'pointer']],
} as const satisfies Signatures
