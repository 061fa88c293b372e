import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { makeDirectory, renameUnlessThere, replaceFile, statOf, syncDirectory, writeFully } from './files.js'
import { beginSoon, drop } from './unfinished.js'

/** Where things are in an OCI image layout: its own parts, and `ingest` and `labels`, which its readers pass over. */
export type Layout = {
  readonly root: string
  readonly blobs: string
  /** Unfinished files. */
  readonly ingest: string
  readonly labels: string
  readonly index: string
}

/** The index of a layout that holds no image. */
export const emptyIndex = `${JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [],
})}\n`

export const layoutAt = (root: string): Layout => ({
  root,
  blobs: join(root, 'blobs', 'sha256'),
  ingest: join(root, 'ingest'),
  labels: join(root, 'labels'),
  index: join(root, 'index.json'),
})

/** The name of an unfinished file: whatever the text, it is one that every file system takes, and no other text's. */
export const unfinishedName = (purpose: 'ref' | 'file', text: string): string =>
  // UTF-16, because lone surrogates are all the same in UTF-8.
  createHash('sha256').update(`${purpose} ${text}`, 'utf16le').digest('hex')

/** Writes a file so that it is there whole or not at all; `edit` is given the chance to read the old one while no other writes. */
export const writeWhole = async (
  { ingest }: Layout,
  path: string,
  edit: () => Promise<Uint8Array> | Uint8Array,
  existing: 'replace' | 'keep' = 'replace',
): Promise<void> => {
  const file = await beginSoon(ingest, unfinishedName('file', path))
  try {
    await writeFully(file.handle, await edit())
    await file.handle.sync()
    await file.handle.close()
    if (existing === 'replace') await replaceFile(file.path, path)
    else await renameUnlessThere(file.path, path)
  } catch (error) {
    await drop(file).catch(() => undefined)
    throw error
  }
  await syncDirectory(dirname(path))
}

/** Makes what is missing of a layout. */
export const makeLayout = async (layout: Layout): Promise<void> => {
  for (const directory of [layout.ingest, layout.labels, layout.blobs]) await makeDirectory(directory)
  const files = [
    [join(layout.root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}\n'],
    [layout.index, emptyIndex],
  ] as const
  for (const [path, text] of files)
    if ((await statOf(path)) === undefined) await writeWhole(layout, path, () => Buffer.from(text), 'keep')
}
