import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import type { Content, Descriptor } from '@varve/core'
import type { DirectoryContent } from '@varve/store-level'
import { orThrow } from './write-image.js'

/** What is needed of an image to unpack it: its layers' blobs and the digests of their tars, the base layer first. */
export type FoundImage = {
  readonly manifest: Descriptor
  readonly layers: readonly { readonly descriptor: Descriptor; readonly diffId: string }[]
}

/** The documents as far as they are looked at. They may be anybody's, so that anything may be missing. */
type Index = {
  readonly manifests?: readonly (Descriptor & { readonly annotations?: Readonly<Record<string, string>> })[]
}
type Manifest = { readonly config?: Descriptor; readonly layers?: readonly Descriptor[] }
type Config = { readonly rootfs?: { readonly diff_ids?: readonly string[] } }

const refName = 'org.opencontainers.image.ref.name'

const parsed = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))

const present = <T>(found: T | undefined, what: string): T => {
  if (found === undefined) throw new Error(`the image has no ${what}: it is not one that this program can read`)
  return found
}

/** A document, which must be what its descriptor says. */
const readDocument = async (content: Content, { digest, size }: Descriptor): Promise<unknown> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of content.read(digest)) {
    if (E.isLeft(chunk)) throw Object.assign(new Error(chunk.left.message), chunk.left)
    chunks.push(chunk.right)
  }
  const bytes = Buffer.concat(chunks)
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  if (found !== digest || bytes.length !== size)
    throw new Error(`the document ${digest} of ${size} bytes was read as ${found} of ${bytes.length}: write it again`)
  return parsed(bytes)
}

const imagesIn = async (content: DirectoryContent): Promise<NonNullable<Index['manifests']>> => {
  const { manifests } = parsed(await orThrow(content.index())) as Index
  return present(manifests, 'manifests in its index.json')
}

/** The names of the images in a layout; `''` for one that has none. */
export const refsIn = async (content: DirectoryContent): Promise<readonly string[]> =>
  (await imagesIn(content)).map(({ annotations }) => annotations?.[refName] ?? '')

/** The image of this name in a layout. */
export const readImage = async (content: DirectoryContent, ref: string): Promise<FoundImage> => {
  const named = (await imagesIn(content)).find(({ annotations }) => annotations?.[refName] === ref)
  if (named === undefined) throw new Error(`the layout holds no image called ${ref}`)
  const { mediaType, digest, size } = named
  const manifest = { mediaType, digest, size }
  const { config, layers = [] } = (await readDocument(content, manifest)) as Manifest
  const { rootfs } = (await readDocument(content, present(config, 'config'))) as Config
  const diffIds = present(rootfs?.diff_ids, 'diff_ids in its config')
  if (diffIds.length !== layers.length)
    throw new Error(`the image ${ref} has ${layers.length} layers and ${diffIds.length} diff_ids`)
  return { manifest, layers: layers.map((descriptor, at) => ({ descriptor, diffId: diffIds[at] ?? '' })) }
}
