export * from './entry.js'
export { layerDecoder, type DecodeOptions, type LayerDecoder, type LayerItem } from './decoder.js'
export { layerEncoder, type EncodeOptions, type LayerEncoder } from './encoder.js'
export { decodeLayer, encodeLayer, type DecodedEntry, type EncodedEntry } from './streams.js'
