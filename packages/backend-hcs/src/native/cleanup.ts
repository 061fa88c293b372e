/** Does `work`, then `after` in every case. The first failure is the one that is told. */
export const finishing = <T>(work: () => T, after: () => void): T => {
  let result: T
  try {
    result = work()
  } catch (cause) {
    try {
      after()
    } catch {
      // Told is what came first; this one followed from it, or will be met again.
    }
    throw cause
  }
  after()
  return result
}
