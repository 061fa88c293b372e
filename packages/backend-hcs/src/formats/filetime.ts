import type { EntryTimes } from '@varve/core/tar'
import type { BasicInfo } from '../native/native.js'

/** 1970 as a FILETIME. */
const unixEpoch = 116_444_736_000_000_000n

/** A FILETIME, steps of 100 ns since 1601, as nanoseconds since 1970. */
export const nanosecondsOfFiletime = (filetime: bigint): bigint => (filetime - unixEpoch) * 100n

/** Nanoseconds since 1970 as a FILETIME; what is finer than its steps is cut off. */
export const filetimeOf = (nanoseconds: bigint): bigint => {
  const steps = nanoseconds / 100n
  return (steps * 100n > nanoseconds ? steps - 1n : steps) + unixEpoch
}

/** FILE_ATTRIBUTE_* bits that mean something here. */
export const fileAttributes = { directory: 0x10, normal: 0x80, reparsePoint: 0x400 } as const

export const isFolder = (attributes: number): boolean => (attributes & fileAttributes.directory) !== 0
export const isReparsePoint = (attributes: number): boolean => (attributes & fileAttributes.reparsePoint) !== 0
/** A folder that can be gone into: what is seen in it is really there. */
export const isPlainFolder = (attributes: number): boolean => isFolder(attributes) && !isReparsePoint(attributes)

/** The times that a file has. */
export const timesOf = ({ created, accessed, modified, changed }: BasicInfo): EntryTimes => ({
  created: nanosecondsOfFiletime(created),
  accessed: nanosecondsOfFiletime(accessed),
  modified: nanosecondsOfFiletime(modified),
  changed: nanosecondsOfFiletime(changed),
})

/** 0 would leave the time as it is. */
const settable = (nanoseconds: bigint): bigint => {
  const filetime = filetimeOf(nanoseconds)
  return filetime === 0n ? 1n : filetime
}

/** What gives a file these times and attributes. Without any attribute it is one that is `normal`: 0 would change nothing. */
export const basicInfoOf = ({ created, accessed, modified, changed }: EntryTimes, attributes: number): BasicInfo => ({
  created: settable(created),
  accessed: settable(accessed),
  modified: settable(modified),
  changed: settable(changed),
  attributes: attributes === 0 ? fileAttributes.normal : attributes,
})
