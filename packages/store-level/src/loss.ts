import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { type OpenedStore, type StoreFault, storeFault } from '@varve/core/ports'
import type { LogHead } from './anchor.js'
import { span } from './faults.js'
import type { Settings } from './options.js'

type Lost = OpenedStore['lost']

const anotherLog = (path: string, file: string, difference: string): Either<StoreFault, never> =>
  E.left(
    storeFault(
      `the log at ${path} is not the one that ${file} belongs to: ${difference}; put the right log back, or remove ${file} if the log was replaced on purpose`,
      'ANOTHER_LOG',
    ),
  )

const recordsLost = (settings: Settings, file: string, after: number, through: number): Either<StoreFault, never> => {
  const { path, acceptLossAfter } = settings
  const call = `levelStore(${JSON.stringify(path)}, { acceptLoss: { after: ${after} } })`
  const given = acceptLossAfter === undefined ? '' : ` (not after: ${acceptLossAfter})`
  return E.left(
    storeFault(
      `the log at ${path} ends at record ${after}, but ${span(after + 1, through)} had been acknowledged (${file}): LevelDB opened without them; restore the log from a backup, or accept the loss with ${call}${given}`,
      'RECORDS_LOST',
    ),
  )
}

/** Judges the log's end by its anchor: what is lost and accepted, undefined when nothing is, or why not to open. */
export const judgeHeads = (
  settings: Settings,
  file: string,
  stored: LogHead | undefined,
  anchored: LogHead | undefined,
): Either<StoreFault, Lost> => {
  if (anchored === undefined) return E.right(undefined)
  if (stored !== undefined && stored.log !== anchored.log)
    return anotherLog(settings.path, file, `this is log ${stored.log}, that was ${anchored.log}`)
  const after = stored?.seq ?? 0
  if (after < anchored.seq)
    return settings.acceptLossAfter === after
      ? E.right({ after, through: anchored.seq })
      : recordsLost(settings, file, after, anchored.seq)
  if (after === anchored.seq && stored !== undefined && stored.hash !== anchored.hash)
    return anotherLog(settings.path, file, `record ${after} has hash ${stored.hash}, there it was ${anchored.hash}`)
  return E.right(undefined)
}
