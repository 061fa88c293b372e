import * as E from 'fp-ts/lib/Either.js'
import { comparedAs, gzipLayerMediaType } from '../differ/media-types.js'
import { newName } from '../model/decode-command.js'
import { invalidArgument, shown, unimplemented } from '../model/fault.js'
import { labelsFault } from '../model/labels.js'
import type { Labels } from '../model/snapshot.js'
import type { Refused } from './face.js'
import { decodeCallOptions } from './options.js'
import type { Compression } from './ports.js'

const nanosecondsPerSecond = 1_000_000_000n

/** What a comparison is to make. */
export type Order = {
  readonly mediaType: string
  readonly compression: Compression | 'none'
  readonly labels: Labels
  readonly ref: string | undefined
  readonly epoch: bigint | undefined
  readonly signal: AbortSignal | undefined
}

const isSecond = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/**
 * The options of a comparison with their defaults, or what is wrong with them. A media type that is not written is
 * Unimplemented, and looked at when all else is well-formed.
 */
export const decodeOrder = (options: unknown): E.Either<Refused, Order> => {
  const given = decodeCallOptions('Compare', options)
  if (E.isLeft(given)) return given
  const { mediaType = gzipLayerMediaType, sourceDateEpoch, labels = {}, ref } = given.right.fields
  if (typeof mediaType !== 'string') return E.left(invalidArgument('mediaType', mediaType, 'must be a string'))
  if (sourceDateEpoch !== undefined && !isSecond(sourceDateEpoch)) {
    return E.left(invalidArgument('sourceDateEpoch', sourceDateEpoch, 'must be whole seconds since 1970'))
  }
  const fault = labelsFault(labels)
  if (fault !== undefined) return E.left(fault)
  const refFault = ref === undefined ? undefined : newName('ref', ref)
  if (refFault !== undefined) return E.left(refFault)
  const compression = comparedAs(mediaType)
  if (compression === undefined) return E.left(unimplemented(`compare as ${shown(mediaType)}`))
  const epoch = sourceDateEpoch === undefined ? undefined : BigInt(sourceDateEpoch) * nanosecondsPerSecond
  return E.right({
    mediaType,
    compression,
    labels: labels as Labels,
    ref: ref as string | undefined,
    epoch,
    signal: given.right.signal,
  })
}
