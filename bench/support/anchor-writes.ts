import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** What the writes of the anchor came to. */
export type AnchorWrites = { count: number; ms: number }

/**
 * Runs with the positional writes of the log's anchor counted, or with them left out: they are the only calls of
 * `fs.writeSync` with a position in the process.
 */
export const countingAnchorWrites = async <A>(
  isLeftOut: boolean,
  run: () => Promise<A>,
): Promise<{ readonly result: A; readonly writes: AnchorWrites }> => {
  const original = fs.writeSync
  const writes: AnchorWrites = { count: 0, ms: 0 }
  const replaced = (...given: readonly unknown[]): number => {
    if (typeof given[4] !== 'number') return Reflect.apply(original, fs, given) as number
    const start = performance.now()
    const written = isLeftOut ? (given[3] as number) : (Reflect.apply(original, fs, given) as number)
    writes.count++
    writes.ms += performance.now() - start
    return written
  }
  fs.writeSync = replaced
  syncBuiltinESMExports()
  try {
    const result = await run()
    if (writes.count === 0)
      throw new Error('no write of the anchor was seen: it is no longer one fs.writeSync per group')
    return { result, writes }
  } finally {
    fs.writeSync = original
    syncBuiltinESMExports()
  }
}
