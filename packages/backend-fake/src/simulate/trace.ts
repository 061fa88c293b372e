import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

/** What happened, in order: only its hash is kept. */
export type Trace = {
  readonly add: (kind: string, what: string) => void
  readonly hash: () => string
}

const encoder = new TextEncoder()

export const openTrace = (watch: (line: string) => void): Trace => {
  const hash = sha256.create()
  return {
    add: (kind, what) => {
      const line = `${kind} ${what}`
      hash.update(encoder.encode(`${line}\n`))
      watch(line)
    },
    hash: () => bytesToHex(hash.clone().digest()),
  }
}
