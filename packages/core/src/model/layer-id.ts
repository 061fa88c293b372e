import { sha1 } from '@noble/hashes/legacy.js'
import { layerPath, type Layout } from './layout.js'
import type { SnapshotId } from './snapshot.js'

/** What Windows knows a parent layer by. */
export type LayerDescriptor = {
  /** `layerId` of its directory's name. */
  readonly id: string
  /** Its directory. */
  readonly path: string
}

const namespace = Uint8Array.from([
  0x80, 0x08, 0x72, 0xc5, 0x90, 0x9c, 0x40, 0x3a, 0x89, 0xc9, 0x93, 0x1f, 0xe5, 0xe2, 0xfd, 0x08,
])

const utf16 = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length * 2)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < text.length; at++) view.setUint16(at * 2, text.charCodeAt(at), true)
  return bytes
}

/**
 * The id that Windows gives the layer in a directory of that name: 32 hex digits and 4 dashes, lower case. A UUID of version 5
 * over the name in UTF-16, as NameToGuid of vmcompute.dll makes it.
 */
export const layerId = (name: string): string => {
  const bytes = sha1.create().update(namespace).update(utf16(name)).digest().slice(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Descriptors of layers, in the order given: nearest parent first, the base layer last. */
export const layerDescriptors = (layout: Layout, layers: readonly SnapshotId[]): readonly LayerDescriptor[] =>
  layers.map((id) => ({ id: layerId(String(id)), path: layerPath(layout, id) }))
