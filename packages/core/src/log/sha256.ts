import { sha256 as hash } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Sha256 } from './record.js'

/** SHA-256 wherever JavaScript runs; where there is `node:crypto`, that is several times as fast. */
export const sha256: Sha256 = (text) => bytesToHex(hash(utf8ToBytes(text)))
