import type { Signatures } from './signature.js'

/** Layers as the newer service has them; its documents are JSON. */
export const computestorage = {
  HcsImportLayer: ['hresult', ['layer', 'path'], ['source', 'path'], ['layerData', 'document']],
  HcsExportLayer: [
    'hresult',
    ['layer', 'path'],
    ['folder', 'path'],
    ['layerData', 'document'],
    ['options', 'document'],
  ],
  HcsExportLegacyWritableLayer: [
    'hresult',
    ['mount', 'path'],
    ['layer', 'path'],
    ['folder', 'path'],
    ['layerData', 'document'],
  ],
  HcsDestroyLayer: ['hresult', ['layer', 'path']],
  HcsSetupBaseOSLayer: ['hresult', ['layer', 'path'], ['disk', 'handleOrNull'], ['options', 'document']],
  HcsSetupBaseOSVolume: ['hresult', ['layer', 'path'], ['volume', 'path'], ['options', 'document']],
  HcsInitializeWritableLayer: ['hresult', ['layer', 'path'], ['layerData', 'document'], ['options', 'documentOrNull']],
  HcsInitializeLegacyWritableLayer: [
    'hresult',
    ['mount', 'path'],
    ['layer', 'path'],
    ['layerData', 'document'],
    ['options', 'documentOrNull'],
  ],
  HcsAttachLayerStorageFilter: ['hresult', ['layer', 'path'], ['layerData', 'document']],
  HcsDetachLayerStorageFilter: ['hresult', ['layer', 'path']],
  HcsAttachOverlayFilter: ['hresult', ['volume', 'path'], ['layerData', 'document']],
  HcsDetachOverlayFilter: ['hresult', ['volume', 'path'], ['layerData', 'document']],
  HcsFormatWritableLayerVhd: ['hresult', ['disk', 'handle']],
  /** The text is freed with LocalFree. */
  HcsGetLayerVhdMountPath: ['hresult', ['disk', 'handle'], ['mount', 'cell64']],
} as const satisfies Signatures
