/** The uncompressed layer, which is what an apply answers. */
export const layerMediaType = 'application/vnd.oci.image.layer.v1.tar'
/** What a comparison writes unless told otherwise. */
export const gzipLayerMediaType = `${layerMediaType}+gzip`
export const zstdLayerMediaType = `${layerMediaType}+zstd`

const docker = 'application/vnd.docker.image.rootfs.diff.tar'
const dockerForeign = 'application/vnd.docker.image.rootfs.foreign.diff.tar'

/** Layers whose suffixes tell the compression. */
const ociLayers = new Set([layerMediaType, 'application/vnd.oci.image.layer.nondistributable.v1.tar'])
/** Layers that may be compressed whatever they are called. */
const dockerLayers = new Set([docker, `${docker}.gzip`, `${docker}.zstd`, dockerForeign, `${dockerForeign}.gzip`])

/**
 * How a layer of this media type is read, by the rules of containerd's differ: as it is, or decompressed by its first bytes,
 * whatever the media type says. Undefined: no layer. Of several suffixes (`+gzip`) the last by alphabet counts; a Docker
 * layer with a suffix is read as it is.
 */
export const compressionOf = (mediaType: string): 'none' | 'detect' | undefined => {
  const [base = '', ...suffixes] = mediaType.split('+')
  const last = suffixes.toSorted().at(-1)
  if (ociLayers.has(base)) return last === 'gzip' || last === 'zstd' ? 'detect' : 'none'
  if (dockerLayers.has(base)) return last === undefined ? 'detect' : 'none'
  return undefined
}

/** How a comparison writes a layer of this media type; undefined: it does not (containerd's Windows differ). */
export const comparedAs = (mediaType: string): 'none' | 'gzip' | 'zstd' | undefined => {
  if (mediaType === layerMediaType) return 'none'
  if (mediaType === gzipLayerMediaType) return 'gzip'
  return mediaType === zstdLayerMediaType ? 'zstd' : undefined
}

/** Bytes of a blob that tell its compression. */
export const longestMagic = 10

const startsWith = (head: Uint8Array, magic: readonly number[]): boolean =>
  head.length >= magic.length && magic.every((byte, at) => head[at] === byte)

/** A zstd frame that decoders skip (RFC 8878, 3.1.2): containerd wants its size field to be there too. */
const isSkippable = (head: Uint8Array): boolean =>
  head.length >= 8 && ((head[0] ?? 0) & 0xf0) === 0x50 && startsWith(head.subarray(1), [0x2a, 0x4d, 0x18])

/** What the first bytes of a blob say; `none` also for an empty one. */
export const detectCompression = (head: Uint8Array): 'none' | 'gzip' | 'zstd' => {
  if (startsWith(head, [0x1f, 0x8b, 0x08])) return 'gzip'
  return startsWith(head, [0x28, 0xb5, 0x2f, 0xfd]) || isSkippable(head) ? 'zstd' : 'none'
}
