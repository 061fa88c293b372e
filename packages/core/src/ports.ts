/** What stores, backends and their workers are written against: the nouns and the ports, without the runtime. */
export * from './model/index.js'
export { headRow } from './log/checkpoint.js'
export * from './runtime/ports.js'
export { decodeZstd, type ZstdFrameDecoder } from './differ/zstd-decode.js'
export { badBlob, type ZstdPiece, zstdPieces, zstdWindowLimit } from './differ/zstd-pieces.js'
