import type { Signatures } from './signature.js'

/** The bind filter: a folder shown at another place. Without a job it is seen by every process. */
export const bindfltapi = {
  BfSetupFilter: [
    'hresult',
    ['job', 'none'],
    ['flags', 'u32'],
    ['path', 'path'],
    ['target', 'path'],
    ['exceptions', 'none'],
    ['exceptionCount', 'u32'],
  ],
  BfRemoveMapping: ['hresult', ['job', 'none'], ['path', 'path']],
  BfGetMappings: [
    'hresult',
    ['flags', 'u32'],
    ['job', 'none'],
    ['path', 'path'],
    ['sid', 'pointerOrNull'],
    ['size', 'cell32'],
    ['buffer', 'bytes'],
  ],
} as const satisfies Signatures
