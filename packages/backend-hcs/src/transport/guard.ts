import { codeOf, codes } from '../failure.js'
import { refuse, type Where } from './items.js'

/** Does a step for an entry. That a path leads through a reparse point is the entry's fault, and is said of it. */
export const guarded = <T>(where: Where, step: () => T): T => {
  try {
    return step()
  } catch (cause) {
    if (codeOf(cause) !== codes.reparseEncountered) throw cause
    return refuse(where, 'a reparse point', 'must lie in folders only, and not behind a reparse point')
  }
}
