import { call } from './call.js'
import type { Computestorage } from './native.js'
import type { Table } from './table.js'
import { takeText } from './texts.js'

export const computestorageOf = (table: Table): Computestorage => ({
  HcsImportLayer: (...given) => void call(table, 'HcsImportLayer', ...given),
  HcsExportLayer: (...given) => void call(table, 'HcsExportLayer', ...given),
  HcsExportLegacyWritableLayer: (...given) => void call(table, 'HcsExportLegacyWritableLayer', ...given),
  HcsDestroyLayer: (...given) => void call(table, 'HcsDestroyLayer', ...given),
  HcsSetupBaseOSLayer: (...given) => void call(table, 'HcsSetupBaseOSLayer', ...given),
  HcsSetupBaseOSVolume: (...given) => void call(table, 'HcsSetupBaseOSVolume', ...given),
  HcsInitializeWritableLayer: (...given) => void call(table, 'HcsInitializeWritableLayer', ...given),
  HcsInitializeLegacyWritableLayer: (...given) => void call(table, 'HcsInitializeLegacyWritableLayer', ...given),
  HcsAttachLayerStorageFilter: (...given) => void call(table, 'HcsAttachLayerStorageFilter', ...given),
  HcsDetachLayerStorageFilter: (...given) => void call(table, 'HcsDetachLayerStorageFilter', ...given),
  HcsAttachOverlayFilter: (...given) => void call(table, 'HcsAttachOverlayFilter', ...given),
  HcsDetachOverlayFilter: (...given) => void call(table, 'HcsDetachOverlayFilter', ...given),
  HcsFormatWritableLayerVhd: (...given) => void call(table, 'HcsFormatWritableLayerVhd', ...given),
  HcsGetLayerVhdMountPath: (disk) =>
    takeText(
      table,
      (address) => call(table, 'LocalFree', address),
      (out) => void call(table, 'HcsGetLayerVhdMountPath', disk, out),
    ),
})
