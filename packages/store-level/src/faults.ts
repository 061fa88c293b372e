import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { getSystemErrorMap } from 'node:util'
import { type StoreFault, storeFault } from '@varve/core/ports'

// Texts of the C library where they differ from libuv's, or where libuv has none.
const hostTexts: readonly (readonly [code: string, text: string])[] = [
  ['EIO', 'input/output error'],
  ['EDQUOT', 'disk quota exceeded'],
]

const codeFromText = (message: string): string | undefined => {
  const text = message.toLowerCase()
  const known = [...hostTexts, ...getSystemErrorMap().values()]
  return known.find(([, ending]) => text.endsWith(ending))?.[0]
}

const rootCause = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? rootCause(error.cause) : error

/** What an exception says: the message of its first cause. */
export const reasonOf = (error: unknown): string => {
  const cause = rootCause(error)
  return cause instanceof Error ? cause.message : String(cause)
}

/** The code of an exception's first cause. LevelDB names errors of the host in words only: those get their errno name. */
export const codeOf = (error: unknown): string => {
  const cause = rootCause(error)
  if (!(cause instanceof Error)) return 'UNKNOWN'
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'UNKNOWN'
  return code === 'LEVEL_IO_ERROR' ? (codeFromText(cause.message) ?? code) : code
}

/** The fault for an exception. `failed` is what was asked, in the past tense; `advice` what to do. */
export const faultOf = (failed: string, error: unknown, advice: string): StoreFault =>
  storeFault(`${failed}: ${reasonOf(error)}; ${advice}`, codeOf(error))

/** Runs what may throw and answers its exception as a fault. */
export const attempt = async <A>(
  failed: string,
  advice: string,
  run: () => Promise<A>,
): Promise<Either<StoreFault, A>> => {
  try {
    return E.right(await run())
  } catch (error) {
    return E.left(faultOf(failed, error, advice))
  }
}

/** `7`, or `7 to 9`. */
export const span = (first: number, last: number): string => (first === last ? `${first}` : `${first} to ${last}`)
