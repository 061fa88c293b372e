import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { shown, type StoreFault, storeFault } from '@varve/core/ports'

/** Options of `levelStore`. Anything else is a StoreFault `INVALID_OPTION` of `open`. */
export type LevelStoreOptions = {
  /**
   * Opens a log that has lost acknowledged records: `after` is the number of the last record it still has, as the fault
   * `RECORDS_LOST` named it. With any other number the log stays refused; without a loss the option does nothing.
   * The loss counts as accepted from the first append on, which should record it: until then it is found again.
   */
  readonly acceptLoss?: { readonly after: number }
}

/** Arguments of `levelStore` that were found to be right. */
export type Settings = { readonly path: string; readonly acceptLossAfter: number | undefined }

const invalid = (field: string, value: unknown, rule: string): Either<StoreFault, never> =>
  E.left(storeFault(`levelStore: ${field} ${rule}; found ${shown(value)}`, 'INVALID_OPTION'))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const unknownField = (value: object, known: string): string | undefined =>
  Object.keys(value).find((field) => field !== known)

/** Judges what a caller gave, of any type. */
export const settingsOf = (path: unknown, options: unknown): Either<StoreFault, Settings> => {
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    return invalid('path', path, 'must be the path of a directory')
  if (options === undefined) return E.right({ path, acceptLossAfter: undefined })
  if (!isRecord(options)) return invalid('options', options, 'must be an object')
  const extra = unknownField(options, 'acceptLoss')
  if (extra !== undefined) return invalid(`options.${extra}`, options[extra], 'is no option; there is only acceptLoss')
  const accept = options['acceptLoss']
  if (accept === undefined) return E.right({ path, acceptLossAfter: undefined })
  if (!isRecord(accept)) return invalid('options.acceptLoss', accept, 'must be { after: number }')
  const more = unknownField(accept, 'after')
  if (more !== undefined)
    return invalid(`options.acceptLoss.${more}`, accept[more], 'is no option; there is only after')
  const after = accept['after']
  if (typeof after !== 'number' || !Number.isSafeInteger(after) || after < 0)
    return invalid('options.acceptLoss.after', after, 'must be the number of a record, 0 or more')
  return E.right({ path, acceptLossAfter: after })
}
