/** The uncompressed layer, which is what an apply answers. */
export const layerMediaType = 'application/vnd.oci.image.layer.v1.tar'
/** What a comparison writes unless told otherwise. */
export const gzipLayerMediaType = `${layerMediaType}+gzip`
export const zstdLayerMediaType = `${layerMediaType}+zstd`

const nondistributable = 'application/vnd.oci.image.layer.nondistributable.v1.tar'
const docker = 'application/vnd.docker.image.rootfs.diff.tar'
const dockerForeign = 'application/vnd.docker.image.rootfs.foreign.diff.tar'

/** containerd's differ: what may be applied, and whether it is decompressed by what is found in front of it. */
const applied: ReadonlyMap<string, 'none' | 'detect'> = new Map([
  [layerMediaType, 'none'],
  [gzipLayerMediaType, 'detect'],
  [zstdLayerMediaType, 'detect'],
  [nondistributable, 'none'],
  [`${nondistributable}+gzip`, 'detect'],
  [`${nondistributable}+zstd`, 'detect'],
  [docker, 'detect'],
  [`${docker}.gzip`, 'detect'],
  [`${docker}.zstd`, 'detect'],
  [dockerForeign, 'detect'],
  [`${dockerForeign}.gzip`, 'detect'],
])

/**
 * How a layer of this media type is read: as it is, or decompressed by its first bytes, whatever the media type says.
 * Undefined: no layer (containerd's stream processors).
 */
export const compressionOf = (mediaType: string): 'none' | 'detect' | undefined => applied.get(mediaType)

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
