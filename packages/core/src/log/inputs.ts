import * as E from 'fp-ts/lib/Either.js'
import type { Input } from '../decider/decide.js'
import type { Stepped } from '../decider/step.js'
import { OutcomeCodec } from '../model/codecs.js'
import { decodeCommand } from '../model/decode-command.js'
import { storeFault, type StoreFault } from '../model/fault.js'
import type { Profile } from '../model/snapshot.js'

/** The prefix of rows that keep an input each: `i` and the number of the first event it led to, in 16 digits. */
export const inputPrefix = 'i'

/** The key of the row that keeps the input which led to event `first`. */
export const inputKey = (first: number): string => inputPrefix + String(first).padStart(16, '0')

/** Raised when inputs are written differently. Rows of another version are refused. */
const version = 1

/** A row of a store that keeps an input. */
export type InputRow = { readonly key: string; readonly value: string }

/** An input as `decide` was given it, and which events it led to: as many as `events`, from number `first` on. */
export type KeptInput = {
  readonly first: number
  readonly events: number
  /** Nanoseconds since 1970. */
  readonly now: bigint
  readonly profile: Profile
  readonly input: Input
}

/** The row of an input that led to events; those that lead to none write nothing. */
export const inputRow = (input: Input, now: bigint, { recorded, state: { profile } }: Stepped): InputRow => ({
  key: inputKey(recorded[0]?.seq ?? 0),
  value: JSON.stringify({ v: version, now: String(now), profile, events: recorded.length, input }),
})

type Envelope = {
  readonly v?: unknown
  readonly now?: unknown
  readonly profile?: unknown
  readonly events?: unknown
  readonly input?: unknown
}

const parsed = (text: string): Envelope => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

const inputOf = (input: unknown): Input | undefined => {
  if (OutcomeCodec.is(input)) return input
  const command = decodeCommand(input)
  return E.isRight(command) ? command.right : undefined
}

/** Reads a row that `inputRow` made. */
export const openInputRow = ({ key, value }: InputRow): E.Either<StoreFault, KeptInput> => {
  const { v, now, profile, events, input: kept } = parsed(value)
  if (v !== version) {
    const message = `the input ${key} was kept by another version of the library (${String(v)}); use that one`
    return E.left(storeFault(message, 'UNKNOWN_VERSION'))
  }
  const input = inputOf(kept)
  const isWhole =
    /^i[0-9]{16}$/.test(key) &&
    typeof now === 'string' &&
    /^[0-9]{1,20}$/.test(now) &&
    (profile === 'bind' || profile === 'windows-layer') &&
    Number.isSafeInteger(events) &&
    (events as number) > 0
  if (!isWhole || input === undefined) return E.left(storeFault(`the input ${key} can't be read`, 'MALFORMED_INPUT'))
  return E.right({ first: Number(key.slice(1)), events: events as number, now: BigInt(now), profile, input })
}
