import { ascii, holds, joined, u16, u32, u64, viewOf } from '@varve/core/vhdx'

/** The five hives that every base layer has in `Files\Windows\System32\config`. */
export const hiveNames = ['DEFAULT', 'SAM', 'SECURITY', 'SOFTWARE', 'SYSTEM'] as const

const baseBlockLength = 4096
const binLength = 4096
const binHeadLength = 32
const cellHeadLength = 4
const checksumAt = 508

const none = 0xffff_ffff
const nanosecondsPerTick = 100n
const ticksFrom1601To1970 = 116_444_736_000_000_000n

const signature = ascii('regf')

const filetime = (at: bigint): Uint8Array => u64(at / nanosecondsPerTick + ticksFrom1601To1970)

/** XOR of the 127 numbers before it; the two values that could mean "not there" are moved by one. */
const checksumOf = (bytes: Uint8Array): number => {
  const view = viewOf(bytes)
  let sum = 0
  for (let at = 0; at < checksumAt; at += 4) sum ^= view.getUint32(at, true)
  sum >>>= 0
  if (sum === 0xffff_ffff) return 0xffff_fffe
  return sum === 0 ? 1 : sum
}

/** Versions and sizes as in a file of ORSaveHive: format 1.5, primary file, one bin, root at its first cell. */
const baseBlock = (at: bigint): Uint8Array => {
  const bytes = new Uint8Array(baseBlockLength)
  const sequence = u32(1)
  const versions = joined(u32(1), u32(5), u32(0), u32(1))
  const places = joined(u32(binHeadLength), u32(binLength), u32(1))
  bytes.set(joined(signature, sequence, sequence, filetime(at), versions, places))
  viewOf(bytes).setUint32(checksumAt, checksumOf(bytes), true)
  return bytes
}

/** A cell in use says so by a negative size, a multiple of 8. */
const usedCell = (content: Uint8Array): Uint8Array => {
  const length = Math.ceil((cellHeadLength + content.length) / 8) * 8
  const bytes = new Uint8Array(length)
  viewOf(bytes).setInt32(0, -length, true)
  bytes.set(content, cellHeadLength)
  return bytes
}

/** An nk cell without values, sub-keys and class; the offset of its security cell follows from its own length. */
const rootKey = (name: string, at: bigint): { readonly bytes: Uint8Array; readonly securityAt: number } => {
  const rootThatCannotBeDeletedWithAsciiName = 0x2c
  const head = joined(ascii('nk'), u16(rootThatCannotBeDeletedWithAsciiName), filetime(at), u32(0), u32(none))
  const noSubKeys = joined(u32(0), u32(0), u32(none), u32(none))
  const noValues = joined(u32(0), u32(none))
  const noClass = u32(none)
  const longestNamesAndData = new Uint8Array(20)
  const rest = joined(noClass, longestNamesAndData, u16(name.length), u16(0), ascii(name))
  const cell = (securityAt: number): Uint8Array => usedCell(joined(head, noSubKeys, noValues, u32(securityAt), rest))
  const securityAt = binHeadLength + cell(0).length
  return { bytes: cell(securityAt), securityAt }
}

const sid = (...subAuthorities: readonly number[]): Uint8Array =>
  joined(Uint8Array.of(1, subAuthorities.length, 0, 0, 0, 0, 0, 5), ...subAuthorities.map(u32))

const administrators = sid(32, 544)
const localSystem = sid(18)

const fullControl = (who: Uint8Array): Uint8Array => {
  const allowed = 0
  const inheritedBySubKeys = 2
  const keyAllAccess = 0x000f_003f
  return joined(Uint8Array.of(allowed, inheritedBySubKeys), u16(8 + who.length), u32(keyAllAccess), who)
}

/** Self-relative (MS-DTYP 2.4.6); in SDDL: `O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)`. */
const securityDescriptor = (): Uint8Array => {
  const entries = [fullControl(localSystem), fullControl(administrators)]
  const list = joined(...entries)
  const acl = joined(u16(2), u16(8 + list.length), u16(entries.length), u16(0), list)
  const selfRelativeWithDacl = 0x8004
  const ownerAt = 20
  const groupAt = ownerAt + administrators.length
  const daclAt = groupAt + localSystem.length
  const head = joined(u16(1), u16(selfRelativeWithDacl), u32(ownerAt), u32(groupAt), u32(0), u32(daclAt))
  return joined(head, administrators, localSystem, acl)
}

/** An sk cell: alone in its ring, used by one key. */
const securityCell = (ownOffset: number): Uint8Array => {
  const descriptor = securityDescriptor()
  const own = u32(ownOffset)
  return usedCell(joined(ascii('sk'), u16(0), own, own, u32(1), u32(descriptor.length), descriptor))
}

/**
 * A registry hive of 8,192 bytes that holds an empty root key. `rootName` is 1 to 255 printable ASCII characters
 * without a backslash, anything else throws a RangeError; `at` is nanoseconds since 1970, kept in steps of 100. The
 * same arguments give the same bytes.
 */
export const minimalHive = (rootName: string, at: bigint): Uint8Array => {
  if (!/^[\x20-\x5b\x5d-\x7e]{1,255}$/.test(rootName)) {
    const accepted = '1 to 255 printable ASCII characters without a backslash'
    throw new RangeError(
      `a hive with the root ${JSON.stringify(rootName)} was asked for; give it a name of ${accepted}`,
    )
  }
  const root = rootKey(rootName, at)
  const binHead = joined(ascii('hbin'), u32(0), u32(binLength), u64(0n), filetime(at), u32(0))
  const used = joined(binHead, root.bytes, securityCell(root.securityAt))
  const bin = new Uint8Array(binLength)
  bin.set(used)
  viewOf(bin).setInt32(used.length, binLength - used.length, true)
  return joined(baseBlock(at), bin)
}

/** Whether a file starts with a registry hive's base block whose checksum agrees. */
export const isHive = (bytes: Uint8Array): boolean =>
  bytes.length >= baseBlockLength &&
  holds(bytes, 0, signature) &&
  viewOf(bytes).getUint32(checksumAt, true) === checksumOf(bytes)
