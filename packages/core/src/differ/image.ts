import * as E from 'fp-ts/lib/Either.js'
import type { Descriptor } from '../model/descriptor.js'
import { invalidArgument, type InvalidArgument } from '../model/fault.js'
import { decodeDigest } from './chain-id.js'
import { digestOf } from './digest.js'
import { comparedAs } from './media-types.js'

const indexMediaType = 'application/vnd.oci.image.index.v1+json'
const manifestMediaType = 'application/vnd.oci.image.manifest.v1+json'
const configMediaType = 'application/vnd.oci.image.config.v1+json'
const refNameAnnotation = 'org.opencontainers.image.ref.name'

/** A layer of an image: its blob, the digest of its uncompressed tar, and what it was made by, for the history. */
export type ImageLayer = { readonly descriptor: Descriptor; readonly diffId: string; readonly createdBy: string }

/** How a container of the image is run, in the words of the OCI image specification. Paths are Windows paths. */
export type RunConfig = {
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  /** `NAME=value` each. */
  readonly Env?: readonly string[]
  readonly WorkingDir?: string
  readonly User?: string
  readonly Labels?: Readonly<Record<string, string>>
}

export type ImageOptions = {
  /** The Windows version that the layers are for, four numbers: `10.0.20348.2227`. Hosts pick images by it. */
  readonly osVersion: string
  /** RFC 3339 text: of the image and of every entry of its history. */
  readonly created: string
  /** The name of the image in the index (`org.opencontainers.image.ref.name`), often just a tag. */
  readonly ref: string
  readonly config?: RunConfig
}

/** A document of an image and the descriptor by which others name it. */
export type ImageBlob = { readonly descriptor: Descriptor; readonly bytes: Uint8Array }
/** The index is what an image layout keeps as `index.json`; manifest and config belong among the blobs, like the layers. */
export type Image = { readonly index: ImageBlob; readonly manifest: ImageBlob; readonly config: ImageBlob }

const osVersionForm = /^\d+\.\d+\.\d+\.\d+$/
const createdForm =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/
const refPart = '[A-Za-z0-9]+(?:(?:--|[-._:@+])[A-Za-z0-9]+)*'
const refForm = new RegExp(`^${refPart}(?:/${refPart})*$`)

const checkOptions = ({ osVersion, created, ref }: ImageOptions): InvalidArgument | undefined => {
  if (!osVersionForm.test(osVersion))
    return invalidArgument('osVersion', osVersion, 'must be four numbers, as in 10.0.20348.2227')
  if (!createdForm.test(created)) return invalidArgument('created', created, 'must be a time as RFC 3339 writes it')
  return refForm.test(ref)
    ? undefined
    : invalidArgument('ref', ref, 'must be letters, digits and separators, as in latest or app/web:1.2')
}

const isBytes = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

const checkLayer = ({ descriptor, diffId }: ImageLayer, at: string): InvalidArgument | undefined => {
  const { mediaType, digest, size } = descriptor
  const compression = comparedAs(mediaType)
  if (compression === undefined)
    return invalidArgument(`${at}.descriptor.mediaType`, mediaType, 'must be that of an OCI layer')
  const blob = decodeDigest(`${at}.descriptor.digest`, digest)
  if (E.isLeft(blob)) return blob.left
  if (!isBytes(size)) return invalidArgument(`${at}.descriptor.size`, size, 'must be a number of bytes')
  const tar = decodeDigest(`${at}.diffId`, diffId)
  if (E.isLeft(tar)) return tar.left
  return compression === 'none' && digest !== diffId
    ? invalidArgument(`${at}.diffId`, diffId, 'must be the digest of the blob, which is not compressed')
    : undefined
}

const checkLayers = (layers: readonly ImageLayer[]): InvalidArgument | undefined => {
  if (layers.length === 0) return invalidArgument('layers', layers, 'must hold a base layer')
  for (const [index, layer] of layers.entries()) {
    const problem = checkLayer(layer, `layers[${index}]`)
    if (problem !== undefined) return problem
  }
  return undefined
}

const sorted = (labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** Its fields in one order, whatever the caller's; JSON leaves out those that are absent. */
const runConfig = ({ Entrypoint, Cmd, Env, WorkingDir, User, Labels }: RunConfig): object => ({
  User,
  Env,
  Entrypoint,
  Cmd,
  WorkingDir,
  Labels: Labels === undefined ? undefined : sorted(Labels),
})

const blobOf = (mediaType: string, document: object): ImageBlob => {
  const bytes = new TextEncoder().encode(JSON.stringify(document))
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes }
}

const plain = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, digest, size })

/**
 * The documents of a Windows image (windows/amd64) of these layers, the base layer first: the same bytes for the same input.
 * InvalidArgument names what is wrong with a layer or an option.
 */
export const imageOf = (layers: readonly ImageLayer[], options: ImageOptions): E.Either<InvalidArgument, Image> => {
  const problem = checkLayers(layers) ?? checkOptions(options)
  if (problem !== undefined) return E.left(problem)
  const { osVersion, created, ref } = options
  const platform = { architecture: 'amd64', os: 'windows', 'os.version': osVersion }
  const config = blobOf(configMediaType, {
    created,
    ...platform,
    config: runConfig(options.config ?? {}),
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ createdBy }) => ({ created, created_by: createdBy })),
  })
  const manifest = blobOf(manifestMediaType, {
    schemaVersion: 2,
    mediaType: manifestMediaType,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => plain(descriptor)),
  })
  const index = blobOf(indexMediaType, {
    schemaVersion: 2,
    mediaType: indexMediaType,
    manifests: [{ ...manifest.descriptor, platform, annotations: { [refNameAnnotation]: ref } }],
  })
  return E.right({ index, manifest, config })
}
