import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

/** What happened, in order: only its hash is kept. */
export type Trace = {
  /** `digest`: what is hashed for it, where that says as much in fewer letters. */
  readonly add: (kind: string, what: string, digest?: string) => void
  readonly hash: () => string
}

const encoder = new TextEncoder()

export const openTrace = (watch: ((line: string) => void) | undefined): Trace => {
  const hash = sha256.create()
  return {
    add: (kind, what, digest = what) => {
      hash.update(encoder.encode(`${kind} ${digest}\n`))
      watch?.(`${kind} ${what}`)
    },
    hash: () => bytesToHex(hash.clone().digest()),
  }
}
