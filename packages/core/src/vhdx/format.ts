import { ascii, guid, viewOf } from './bytes.js'
import { crc32c } from './crc32c.js'

/** Where the parts of a VHDX file lie and how they are marked (MS-VHDX 2.2 to 2.6). Lengths and offsets in bytes. */
export const kib = 1024
export const mib = 1024 * kib

export const fileSignature = ascii('vhdxfile')
export const headerSignature = ascii('head')
export const regionTableSignature = ascii('regi')
export const metadataTableSignature = ascii('metadata')

export const headerOffsets = [64 * kib, 128 * kib] as const
export const headerLength = 4 * kib
export const headerVersion = 1

export const regionTableOffsets = [192 * kib, 256 * kib] as const
export const regionTableHeadLength = 16
export const metadataTableHeadLength = 32
export const tableLength = 64 * kib
export const tableEntryLength = 32
export const maximumTableEntries = 2047

export const regions = {
  bat: guid('2DC27766-F623-4200-9D64-115E9BFD4A08'),
  metadata: guid('8B7CA206-4790-4B9A-B8FE-575F050F886E'),
}

export const metadata = {
  fileParameters: guid('CAA16737-FA36-4D43-B3B6-33F0AA44E76B'),
  virtualDiskSize: guid('2FA54224-CD1B-4876-B211-5DBED83BF4B8'),
  virtualDiskId: guid('BECA12AB-B2E6-4523-93EF-C309E000C746'),
  logicalSectorSize: guid('8141BF1D-A96F-4709-BA47-F233A8FAAB5F'),
  physicalSectorSize: guid('CDA348C7-445D-4471-9CC9-E9885251C556'),
}

export const checksumAt = 4

/** CRC-32C over the whole structure with its checksum field zero. */
export const checksumOf = (structure: Uint8Array): number => {
  const view = viewOf(structure)
  const kept = view.getUint32(checksumAt, true)
  // Put back at once: a copy of 64 KiB for each check costs more than the checksum.
  view.setUint32(checksumAt, 0, true)
  const sum = crc32c(structure)
  view.setUint32(checksumAt, kept, true)
  return sum
}

/** Puts the checksum in. */
export const sealed = (structure: Uint8Array): Uint8Array => {
  viewOf(structure).setUint32(checksumAt, checksumOf(structure), true)
  return structure
}

/** 64 TiB in bytes, the largest virtual size (MS-VHDX 2.6.2.2). */
export const maximumVirtualSize = 64n * 1024n ** 4n
