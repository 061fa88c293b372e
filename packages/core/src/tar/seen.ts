import { foldName } from '../model/names.js'

/**
 * Names as hashes: two of the folded form, in which Windows compares names, and one of the spelling. Names grow by `extend`,
 * so that all folders above a name are hashed on the way.
 */
export type NameHash = { a: number; b: number; spelling: number }

export const emptyHash = (): NameHash => ({ a: 0, b: 0, spelling: 0 })

export const copyHash = (from: NameHash, to: NameHash): void => {
  to.a = from.a
  to.b = from.b
  to.spelling = from.spelling
}

const turned = (hash: number, by: number): number => (hash << by) | (hash >>> (32 - by))

const folded = (unit: number): number => {
  if (unit > 0x7f) return foldName(String.fromCharCode(unit)).charCodeAt(0)
  return unit >= 0x61 && unit <= 0x7a ? unit - 0x20 : unit
}

/** The hash of a longer name. */
export const extend = (hash: NameHash, text: string, from: number, to: number): void => {
  let { a, b, spelling } = hash
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at)
    const upper = folded(unit)
    a = turned(Math.imul(a ^ upper, 0x9e3779b1), 13)
    b = turned(Math.imul(b ^ upper, 0x85ebca6b), 17) ^ a
    spelling = turned(Math.imul(spelling ^ unit, 0xc2b2ae35), 15)
  }
  hash.a = a
  hash.b = b
  hash.spelling = spelling
}

const mixed = (hash: number): number => {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** What a name was given to; 0 is nothing so far. */
export const kinds = {
  none: 0,
  directory: 1,
  /** A folder that no entry made, but something in it. */
  implied: 2,
  file: 3,
  symlink: 4,
  /** A junction, or a symlink that is a folder to Windows. */
  reparseFolder: 5,
  link: 6,
  deleted: 7,
  stream: 8,
  opaque: 9,
  /** A hard link pointed there; so it can only be in a parent. */
  awaited: 10,
  /** The place is taken by too many others. */
  crowded: 11,
} as const
export type Kind = (typeof kinds)[keyof typeof kinds]

/** Names that were seen before, in 13 bytes a slot. */
export type SeenNames = {
  /** What a name was given to. */
  readonly look: (hash: NameHash) => Kind
  /** Whether the name looked at last was spelled in the same way when it was put. */
  readonly isSpelledAlike: () => boolean
  /** Gives the name looked at last to something. */
  readonly put: (kind: Kind) => void
  /** Bytes held. */
  readonly bytes: () => number
}

/** Longer ways to a free slot don't happen by chance: at 0.6 full, 0.6^128 is less than 10^-28. */
const longestWay = 128

type Table = {
  readonly mask: number
  readonly a: Uint32Array
  readonly b: Uint32Array
  readonly spelling: Uint32Array
  readonly kind: Uint8Array
}

const tableOf = (slots: number): Table => ({
  mask: slots - 1,
  a: new Uint32Array(slots),
  b: new Uint32Array(slots),
  spelling: new Uint32Array(slots),
  kind: new Uint8Array(slots),
})

/** The slot of a name, or the free one where it belongs; -1 when the way is too long. */
const slotOf = ({ mask, a, b, kind }: Table, hashA: number, hashB: number): number => {
  // Of odd length, so that the steps come by every slot.
  const step = hashB | 1
  let slot = hashA & mask
  for (let way = 0; way < longestWay; way++) {
    if (kind[slot] === kinds.none || (a[slot] === hashA && b[slot] === hashB)) return slot
    slot = (slot + step) & mask
  }
  return -1
}

const doubled = (table: Table): Table | undefined => {
  const larger = tableOf((table.mask + 1) * 2)
  for (let from = 0; from <= table.mask; from++) {
    const kind = table.kind[from] ?? kinds.none
    if (kind === kinds.none) continue
    const [a = 0, b = 0] = [table.a[from], table.b[from]]
    const to = slotOf(larger, a, b)
    if (to < 0) return undefined
    larger.a[to] = a
    larger.b[to] = b
    larger.spelling[to] = table.spelling[from] ?? 0
    larger.kind[to] = kind
  }
  return larger
}

/** An empty set of seen names. */
export const seenNames = (): SeenNames => {
  let table = tableOf(1024)
  let names = 0
  let slot = -1
  const last = emptyHash()
  let isCrowded = false

  const grow = (): void => {
    const larger = doubled(table)
    if (larger === undefined) isCrowded = true
    else table = larger
  }
  const look = (hash: NameHash): Kind => {
    last.a = mixed(hash.a)
    last.b = mixed(hash.b)
    last.spelling = hash.spelling >>> 0
    slot = isCrowded ? -1 : slotOf(table, last.a, last.b)
    return slot < 0 ? kinds.crowded : ((table.kind[slot] ?? kinds.none) as Kind)
  }
  const put = (kind: Kind): void => {
    if (slot < 0) return
    if (table.kind[slot] === kinds.none) {
      names += 1
      table.a[slot] = last.a
      table.b[slot] = last.b
    }
    table.spelling[slot] = last.spelling
    table.kind[slot] = kind
    slot = -1
    if (names * 5 > (table.mask + 1) * 3) grow()
  }
  return {
    look,
    isSpelledAlike: () => slot >= 0 && table.spelling[slot] === last.spelling,
    put,
    bytes: () => (table.mask + 1) * 13,
  }
}
