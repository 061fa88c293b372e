import type { DllName, FunctionName } from '../bindings/index.js'

const containers =
  'it comes with the Windows feature Containers: Install-WindowsFeature Containers (or Enable-WindowsOptionalFeature -Online -FeatureName Containers), then restart'
const windows = 'it is a part of Windows: sfc /scannow puts it back'

const features: Readonly<Record<DllName, string>> = {
  vmcompute: containers,
  computestorage: `it comes with Windows Server 2019 (build 17763) or newer; ${containers}`,
  bindfltapi: 'it comes with Windows Server 2019 or Windows 10 1809 (build 17763): use that or a newer Windows',
  virtdisk: windows,
  kernel32: windows,
  advapi32: windows,
  ntdll: windows,
  offreg: windows,
  ole32: windows,
}

const since: Readonly<Partial<Record<FunctionName, string>>> = {
  HcsSetupBaseOSVolume: 'use Windows Server 2022 (build 20348) or newer',
  HcsAttachOverlayFilter: 'use Windows Server 2022 with updates (20348.2031) or newer',
  HcsDetachOverlayFilter: 'use Windows Server 2022 with updates (20348.2031) or newer',
  BfGetMappings: 'use a build after 17763 (Windows Server 2019)',
}

/** What brings a DLL that is missing. */
export const featureOf = (dll: DllName): string => features[dll]

/** What brings a function that its DLL has not. */
export const sinceOf = (name: FunctionName, dll: DllName): string =>
  since[name] ?? `use Windows Server 2019 (build 17763) or newer with all updates; ${features[dll]}`
