import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { noHash, replayFrom, seal, type Decided, type Profile, type Replayed } from '@varve/core'
import { beginning as beginningOf } from '../../src/log/replay.js'

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The texts that a store would keep of these events. */
export const sealed = (events: readonly Decided[]): readonly string[] => {
  const texts: string[] = []
  let hash = noHash
  for (const event of events) {
    const record = seal(hash, event, sha256)
    hash = record.hash
    texts.push(record.text)
  }
  return texts
}

export const beginning = (profile: Profile = 'bind'): Replayed => beginningOf(profile)

/** The state after all these records, or the failure as an error. */
export const replayed = (texts: readonly string[], from = beginning()): Replayed => {
  const result = replayFrom(from, texts, sha256)
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

/** The code and message of the fault that replaying ends with. */
export const faultOf = (texts: readonly string[], from = beginning()): readonly [code: string, message: string] => {
  const result = replayFrom(from, texts, sha256)
  if (E.isRight(result)) throw new Error(`the log was taken, up to record ${result.right.state.seq}`)
  return [result.left.code, result.left.message]
}
