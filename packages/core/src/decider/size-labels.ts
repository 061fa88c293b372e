import * as E from 'fp-ts/lib/Either.js'
import { invalidArgument, type InvalidArgument } from '../model/fault.js'
import type { SizedBy } from '../model/profile.js'
import { labelOf, type Labels, type Scratch } from '../model/snapshot.js'

/** Deprecated: gibibytes, 32 bits. containerd: parsed first, so that its malformed value wins over a valid sizebytes. */
export const sizeGbLabel = 'containerd.io/snapshot/io.microsoft.container.storage.rootfs.size-gb'
/** Bytes, 64 bits; wins over size-gb when both are valid, even when it is 0. */
export const sizeBytesLabel = 'containerd.io/snapshot/windows/rootfs.sizebytes'
/** Its presence asks for `vm/sandbox.vhdx`; the value means nothing. */
export const utilityVmLabel = 'containerd.io/snapshot/io.microsoft.vm.storage.scratch'

const gibibyte = 1n << 30n

const parsed = (labels: Labels, label: string, bits: bigint): E.Either<InvalidArgument, bigint | null> => {
  const text = labelOf(labels, label)
  if (text === undefined) return E.right(null)
  const value = /^[0-9]+$/.test(text) ? BigInt(text) : -1n
  return value >= 0n && value < 1n << bits
    ? E.right(value)
    : E.left(invalidArgument(`labels.${label}`, text, `must be a decimal number below 2^${bits}, digits only`))
}

/**
 * What the labels given at Prepare or View ask of the scratch disk. All labels count, also those with empty values
 * (containerd reads the call's options, not the stored record).
 */
export const scratchRequest = (labels: Labels, sizedBy: SizedBy): E.Either<InvalidArgument, Scratch> => {
  const utilityVm = labelOf(labels, utilityVmLabel) !== undefined
  const request = (bytes: bigint | null, requestedBy: string | null, note: string | null): Scratch => ({
    requested: bytes === null || bytes === 0n ? null : String(bytes),
    requestedBy,
    utilityVm,
    note,
  })
  if (sizedBy === 'one gibibyte') return E.right(request(gibibyte, 'a view in the bind profile', null))
  const gigabytes = parsed(labels, sizeGbLabel, 32n)
  if (E.isLeft(gigabytes)) return gigabytes
  const bytes = parsed(labels, sizeBytesLabel, 64n)
  if (E.isLeft(bytes)) return bytes
  const note = gigabytes.right === null ? null : `label ${sizeGbLabel} is deprecated, use ${sizeBytesLabel}`
  if (bytes.right !== null) return E.right(request(bytes.right, sizeBytesLabel, note))
  if (gigabytes.right !== null) return E.right(request(gigabytes.right * gibibyte, sizeGbLabel, note))
  return E.right(request(null, null, null))
}
