import type { Signatures } from './signature.js'

/** Layers. Descriptors: nearest parent first, the base layer last. */
export const vmcompute = {
  ActivateLayer: ['hresult', ['info', 'driver'], ['path', 'path']],
  DeactivateLayer: ['hresult', ['info', 'driver'], ['path', 'path']],
  PrepareLayer: ['hresult', ['info', 'driver'], ['path', 'path'], ['parents', 'descriptors'], ['count', 'size']],
  UnprepareLayer: ['hresult', ['info', 'driver'], ['path', 'path']],
  GetLayerMountPath: ['hresult', ['info', 'driver'], ['path', 'path'], ['units', 'cell64'], ['buffer', 'bytesOrNull']],
  CreateLayer: ['hresult', ['info', 'driver'], ['path', 'path'], ['parent', 'text']],
  CreateSandboxLayer: [
    'hresult',
    ['info', 'driver'],
    ['path', 'path'],
    ['parent', 'none'],
    ['parents', 'descriptors'],
    ['count', 'size'],
  ],
  ExpandSandboxSize: ['hresult', ['info', 'driver'], ['path', 'path'], ['bytes', 'u64']],
  DestroyLayer: ['hresult', ['info', 'driver'], ['path', 'path']],
  ExportLayer: [
    'hresult',
    ['info', 'driver'],
    ['path', 'path'],
    ['folder', 'path'],
    ['parents', 'descriptors'],
    ['count', 'size'],
  ],
  ImportLayer: [
    'hresult',
    ['info', 'driver'],
    ['path', 'path'],
    ['folder', 'path'],
    ['parents', 'descriptors'],
    ['count', 'size'],
  ],
  LayerExists: ['hresult', ['info', 'driver'], ['path', 'path'], ['exists', 'cell32']],
  NameToGuid: ['hresult', ['name', 'text'], ['id', 'cell128']],
  ProcessBaseImage: ['hresult', ['path', 'path']],
  ProcessUtilityImage: ['hresult', ['path', 'path']],
  GrantVmAccess: ['hresult', ['vm', 'text'], ['path', 'path']],
  /** The text is freed with CoTaskMemFree. */
  GetBaseImages: ['hresult', ['images', 'cell64']],
} as const satisfies Signatures
