import { backendFault, layerId } from '@varve/core/ports'
import { codeOf, codes, raise, unless } from '../failure.js'
import type { World } from './world.js'

/** The functions that are called need Windows Server 2019, or Windows 10 1809. */
const leastBuild = 17_763

/** The platform takes paths of 259 characters; this is the longest below a root. */
const longestBelow = '\\snapshots\\rm-9007199254740991\\UtilityVM\\SystemTemplateBase.vhdx'.length
const longestRoot = 259 - longestBelow

const privileges = [
  'SeBackupPrivilege',
  'SeRestorePrivilege',
  'SeSecurityPrivilege',
  'SeManageVolumePrivilege',
] as const

/** Administrators hold it too, and have it off. Without it a layer can have no symlinks, and everything else. */
const forSymlinks = ['SeCreateSymbolicLinkPrivilege'] as const

const refuse = (root: string, found: string, code: number): never =>
  raise(backendFault(`layers can't be kept in ${root}: ${found}`, code))

/** What can be told of a root by its path. */
export const checkRoot = (root: string): void => {
  if (root.startsWith('\\\\') && !/^\\\\[?.]\\/.test(root))
    refuse(root, 'it is on the network; give a folder of a local disk', codes.notSupported)
  if (!/^[a-z]:\\[^\\]/i.test(root))
    refuse(root, 'it is no folder below a drive letter; give one like C:\\varve', codes.invalidParameter)
  if (root.length > longestRoot)
    refuse(
      root,
      `its path has ${root.length} characters, and at most ${longestRoot} leave room for those below; give a shorter one`,
      codes.nameTooLong,
    )
}

const checkBuild = ({ layout: { root }, machine: { native } }: World): void => {
  const { build } = native.RtlGetVersion()
  if (build < leastBuild)
    refuse(
      root,
      `this is build ${build} of Windows, and ${leastBuild} is the first that can; use Windows Server 2019, Windows 10 1809 or later`,
      codes.oldWindows,
    )
}

const checkVolume = ({ layout: { root }, machine: { native } }: World): void => {
  const volume = native.GetVolumePathNameW(root)
  if (volume.length !== 'C:\\'.length)
    refuse(
      root,
      `it is on a volume that is mounted in the folder ${volume}; give a folder of a volume that has a drive letter`,
      codes.notSupported,
    )
  const found = native.GetVolumeFileSystem(volume)
  if (found.toLowerCase() !== 'ntfs')
    refuse(
      root,
      `the volume ${volume} has the file system ${found}, and layers need NTFS; give a root on an NTFS volume`,
      codes.unknownVolume,
    )
}

const enablePrivileges = ({ layout: { root }, machine: { native } }: World): void => {
  try {
    native.EnablePrivileges(privileges)
  } catch (cause) {
    const code = codeOf(cause)
    if (code !== codes.notAllAssigned && code !== codes.privilegeNotHeld) throw cause
    refuse(
      root,
      `this process is not elevated: it may not enable ${privileges.join(', ')}; run it as an administrator or as LocalSystem`,
      codes.notAllAssigned,
    )
  }
  unless([codes.notAllAssigned], () => native.EnablePrivileges(forSymlinks))
}

const askForId = ({ layout: { root }, machine: { native } }: World): string => {
  try {
    return native.NameToGuid('1')
  } catch (cause) {
    const code = codeOf(cause)
    if (code !== codes.noSuchModule && code !== codes.noSuchFunction) throw cause
    return refuse(
      root,
      'Windows lacks its container functions (vmcompute.dll); enable the optional feature Containers and restart',
      code,
    )
  }
}

/** The platform finds parents by ids that are worked out here. */
const checkIds = (world: World): void => {
  const found = askForId(world)
  const expected = layerId('1')
  if (found !== expected)
    refuse(
      world.layout.root,
      `this Windows calls layer 1 ${found}, and ${expected} was expected; report its build, and use another one`,
      codes.notSupported,
    )
}

/** Everything that the machine needs to have; each that is missing is a failure of its own. Enables the privileges. */
export const checkHost = (world: World): void => {
  checkBuild(world)
  checkVolume(world)
  enablePrivileges(world)
  checkIds(world)
}
