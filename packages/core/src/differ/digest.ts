import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** The digest of bytes, or of a text's UTF-8 form, as descriptors write it. */
export const digestOf = (content: Uint8Array | string): string =>
  `sha256:${bytesToHex(sha256(typeof content === 'string' ? utf8ToBytes(content) : content))}`
