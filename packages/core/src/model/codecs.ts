import type { Either } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { digestForm } from './descriptor.js'
import type { Failure } from './fault.js'
import type { Outcome, Result } from './intent.js'

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** A number of bytes or entries: a whole number that JSON keeps. */
const Count = new t.Type<number>('Count', isCount, (u, c) => (isCount(u) ? t.success(u) : t.failure(u, c)), t.identity)

const isDecimal = (value: unknown): value is string => typeof value === 'string' && /^[0-9]{1,20}$/.test(value)

/** A number of bytes as decimal text. */
export const BytesCodec = new t.Type<string>(
  'Bytes',
  isDecimal,
  (u, c) => (isDecimal(u) ? t.success(u) : t.failure(u, c)),
  t.identity,
)

export const UsageCodec = t.strict({ size: Count, inodes: Count, onDisk: Count, scratch: Count })

const isDigest = (value: unknown): value is string => typeof value === 'string' && digestForm.test(value)

const DigestCodec = new t.Type<string>(
  'Digest',
  isDigest,
  (u, c) => (isDigest(u) ? t.success(u) : t.failure(u, c)),
  t.identity,
)

export const DescriptorCodec = t.strict({ mediaType: t.string, digest: DigestCodec, size: Count })
export const LimitsCodec = t.strict({ entries: Count, bytes: Count })
export const TarReadFields = { diffId: DigestCodec, size: Count }
export const EntriesCodec = Count

export const FailureCodec: t.Type<Failure> = t.union([
  t.strict({ _tag: t.literal('BackendFault'), message: t.string, code: Count }),
  t.strict({
    _tag: t.literal('InvalidArgument'),
    message: t.string,
    field: t.string,
    value: t.string,
    entry: t.string,
    offset: Count,
  }),
  t.strict({ _tag: t.literal('InvalidArgument'), message: t.string, field: t.string, value: t.string }),
])

const ResultCodec: t.Type<Result> = t.union([
  t.strict({
    type: t.literal('LayerCreated'),
    usage: UsageCodec,
    effective: t.union([BytesCodec, t.null]),
  }),
  t.strict({ type: t.literal('LayerSealed'), usage: UsageCodec }),
  t.strict({ type: t.literal('LayerImported'), usage: UsageCodec, entries: Count }),
  t.strict({ type: t.literal('LayerAttached') }),
  t.strict({ type: t.literal('LayerDetached'), usage: UsageCodec }),
  t.strict({ type: t.literal('LayerRetired') }),
  t.strict({ type: t.literal('LayerDestroyed') }),
])

/** What a backend may answer; more fields than these are dropped, so that only what is known reaches the log. */
export const AnswerCodec: t.Type<Either<Failure, Result>, unknown> = t.union([
  t.strict({ _tag: t.literal('Left'), left: FailureCodec }),
  t.strict({ _tag: t.literal('Right'), right: ResultCodec }),
])

/** How an intent ended, as it is kept with the log. */
export const OutcomeCodec: t.Type<Outcome> = t.union([
  t.intersection([
    t.type({ type: t.literal('Succeeded'), intent: t.string, result: ResultCodec }),
    t.partial({ tar: t.type(TarReadFields) }),
  ]),
  t.type({ type: t.literal('Failed'), intent: t.string, failure: FailureCodec }),
])
