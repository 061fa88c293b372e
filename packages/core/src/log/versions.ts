import type * as t from 'io-ts'
import { eventData, type EventType } from '../model/event.js'

/** The version in which each type of event is written. Raised together with a codec below and an upcaster from the old one. */
const newest: Readonly<Record<EventType, number>> = Object.fromEntries(
  Object.keys(eventData).map((type) => [type, 1]),
) as Record<EventType, number>

/** Turns data of version v into data of version v + 1. Pure. Keyed by `type@v`. */
export type Upcasters = Readonly<Record<string, (data: unknown) => unknown>>

/** Every `type@version` that a log may hold. */
export type Versions = {
  readonly newest: Readonly<Record<string, number>>
  /** Keyed by `type@v`. */
  readonly codecs: Readonly<Record<string, t.Mixed>>
  readonly upcasters: Upcasters
}

export const versions: Versions = {
  newest,
  codecs: Object.fromEntries(Object.entries(eventData).map(([type, codec]) => [`${type}@1`, codec])),
  upcasters: {},
}

/** Data of `type@v` as the newest version, or why it can't be read. */
export const upcast = (
  known: Versions,
  type: string,
  v: number,
  data: unknown,
): { readonly data: unknown } | { readonly problem: string } => {
  const codec = known.codecs[`${type}@${v}`]
  if (codec === undefined) {
    return { problem: `its type ${type}@${v} is not known to this version of the library; open it with a newer one` }
  }
  if (!codec.is(data)) return { problem: `its data is not that of ${type}@${v}` }
  let current = data as unknown
  for (let version = v; version < (known.newest[type] ?? v); version++) {
    const up = known.upcasters[`${type}@${version}`]
    if (up === undefined) return { problem: `there is no upcaster from ${type}@${version}` }
    current = up(current)
  }
  return { data: current }
}
