import { foldName } from '@varve/core/ports'

/**
 * A transport folder has for each file of a layer a side file in its place: four bytes of attributes, then the file's backup.
 * That of a folder lies beside it, under a name of its own.
 */
const folderEnding = '.$wcidirs$'
const foldedEnding = foldName(folderEnding)

/** Bytes before the backup. */
export const sideFileHead = 4

/** The path of the side file of a folder. */
export const sideFileOfFolder = (path: string): string => `${path}${folderEnding}`

/** Whether a name is that of the side file of a folder. */
export const isSideFileOfFolder = (name: string): boolean => foldName(name).endsWith(foldedEnding)

/** The name of the folder that a side file of this name is of; undefined where it is of none. */
export const folderOfSideFile = (name: string): string | undefined =>
  isSideFileOfFolder(name) ? name.slice(0, -folderEnding.length) : undefined

/** What comes before the backup. */
export const encodeAttributes = (attributes: number): Uint8Array => {
  const bytes = new Uint8Array(sideFileHead)
  new DataView(bytes.buffer).setUint32(0, attributes, true)
  return bytes
}

export const decodeAttributes = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, sideFileHead).getUint32(0, true)
