/** VHDX files (MS-VHDX): their format, and a reader that tells whether one is whole. */
export * from './bytes.js'
export { crc32c } from './crc32c.js'
export * as vhdxFormat from './format.js'
export { examineVhdx, virtualSizeOf, type ReadAt, type VhdxProblem } from './reader.js'
