/**
 * A persistent map from text to values: a 32-way hash trie, so that changing one entry of a million copies a handful of small
 * nodes, and every earlier version stays readable. Texts whose hashes collide share a node and are told apart one by one.
 */
export type Table<V> = {
  readonly size: number
  readonly root: Node<V> | undefined
  /** Reads an entry that is still in its stored form. */
  readonly decode: (row: string) => V
}

/** `value` is undefined while the entry is still the text of a checkpoint row; the first touch decodes it. */
type Leaf<V> = {
  readonly tag: 0
  readonly hash: number
  readonly key: string
  value: V | undefined
  row: string | undefined
}
type Branch<V> = { readonly tag: 1; readonly bitmap: number; readonly nodes: readonly Node<V>[] }
/** Leaves are in the order of their keys. */
type Collision<V> = { readonly tag: 2; readonly hash: number; readonly leaves: readonly Leaf<V>[] }
type Node<V> = Leaf<V> | Branch<V> | Collision<V>

const bitsPerLevel = 5
const deepest = 35

const hashOf = (key: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}

const bitOf = (hash: number, shift: number): number => 1 << ((hash >>> shift) & 31)

const ones = (bits: number): number => {
  let n = bits - ((bits >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

const indexOf = (bitmap: number, bit: number): number => ones(bitmap & (bit - 1))

/** `decode` reads entries that came as rows. */
export const emptyTable = <V>(decode: (row: string) => V): Table<V> => ({ size: 0, root: undefined, decode })

/** Where a key is, or belongs, among leaves in the order of their keys. */
const placeOf = <V>(leaves: readonly Leaf<V>[], key: string): number => {
  let from = 0
  let to = leaves.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((leaves[middle] as Leaf<V>).key < key) from = middle + 1
    else to = middle
  }
  return from
}

const leafAmong = <V>(leaves: readonly Leaf<V>[], key: string): Leaf<V> | undefined => {
  const leaf = leaves[placeOf(leaves, key)]
  return leaf?.key === key ? leaf : undefined
}

/** The leaves with this one among them, in the place of one with its key. */
const withLeafAmong = <V>(leaves: readonly Leaf<V>[], leaf: Leaf<V>): readonly Leaf<V>[] => {
  const place = placeOf(leaves, leaf.key)
  return leaves.toSpliced(place, leaves[place]?.key === leaf.key ? 1 : 0, leaf)
}

const leafOf = <V>(root: Node<V> | undefined, key: string, hash: number): Leaf<V> | undefined => {
  let node = root
  for (let shift = 0; node !== undefined; shift += bitsPerLevel) {
    if (node.tag === 0) return node.hash === hash && node.key === key ? node : undefined
    if (node.tag === 2) return node.hash === hash ? leafAmong(node.leaves, key) : undefined
    const bit = bitOf(hash, shift)
    if ((node.bitmap & bit) === 0) return undefined
    node = node.nodes[indexOf(node.bitmap, bit)]
  }
  return undefined
}

/** The value of an entry, decoded if it is still text. */
export const valueOf = <V>(table: Table<V>, leaf: Leaf<V>): V => {
  if (leaf.value === undefined) {
    leaf.value = table.decode(leaf.row as string)
    leaf.row = undefined
  }
  return leaf.value
}

/** The value under a key, or undefined. */
export const get = <V>(table: Table<V>, key: string): V | undefined => {
  const leaf = leafOf(table.root, key, hashOf(key))
  return leaf === undefined ? undefined : valueOf(table, leaf)
}

const pairUp = <V>(a: Leaf<V> | Collision<V>, b: Leaf<V>, shift: number): Node<V> => {
  if (shift >= deepest || a.hash === b.hash) {
    return { tag: 2, hash: b.hash, leaves: withLeafAmong(a.tag === 2 ? a.leaves : [a], b) }
  }
  const bitA = bitOf(a.hash, shift)
  const bitB = bitOf(b.hash, shift)
  if (bitA === bitB) return { tag: 1, bitmap: bitA, nodes: [pairUp(a, b, shift + bitsPerLevel)] }
  const lower = (a.hash >>> shift) & 31
  const upper = (b.hash >>> shift) & 31
  return { tag: 1, bitmap: bitA | bitB, nodes: lower < upper ? [a, b] : [b, a] }
}

const inserted = <V>(node: Node<V> | undefined, leaf: Leaf<V>, shift: number): Node<V> => {
  if (node === undefined) return leaf
  if (node.tag === 0) return node.key === leaf.key ? leaf : pairUp(node, leaf, shift)
  if (node.tag === 2) {
    if (node.hash !== leaf.hash) return pairUp(node, leaf, shift)
    return { tag: 2, hash: node.hash, leaves: withLeafAmong(node.leaves, leaf) }
  }
  const bit = bitOf(leaf.hash, shift)
  const index = indexOf(node.bitmap, bit)
  const nodes = node.nodes.slice()
  if ((node.bitmap & bit) !== 0) {
    nodes[index] = inserted(node.nodes[index], leaf, shift + bitsPerLevel)
    return { tag: 1, bitmap: node.bitmap, nodes }
  }
  nodes.splice(index, 0, leaf)
  return { tag: 1, bitmap: node.bitmap | bit, nodes }
}

/** The table with the value under the key. */
export const set = <V>(table: Table<V>, key: string, value: V): Table<V> => {
  const leaf: Leaf<V> = { tag: 0, hash: hashOf(key), key, value, row: undefined }
  return {
    size: leafOf(table.root, key, leaf.hash) === undefined ? table.size + 1 : table.size,
    root: inserted(table.root, leaf, 0),
    decode: table.decode,
  }
}

/** A branch that nobody else holds yet. */
type Growing<V> = { readonly tag: 1; bitmap: number; readonly nodes: Node<V>[] }

const grow = <V>(root: Growing<V>, leaf: Leaf<V>): void => {
  let node = root
  for (let shift = 0; ; shift += bitsPerLevel) {
    const bit = bitOf(leaf.hash, shift)
    const index = indexOf(node.bitmap, bit)
    if ((node.bitmap & bit) === 0) {
      node.nodes.splice(index, 0, leaf)
      node.bitmap |= bit
      return
    }
    const below = node.nodes[index] as Node<V>
    if (below.tag !== 1) {
      node.nodes[index] = inserted(below, leaf, shift + bitsPerLevel)
      return
    }
    node = below as Growing<V>
  }
}

/** A table in the making: filled in place, which is quicker than entry by entry. `table` ends it. */
export type Rows<V> = { readonly add: (key: string, row: string) => void; readonly table: () => Table<V> }

/** For a table of rows, no two of one key, that stay text until they are first read with `decode`. */
export const collectRows = <V>(decode: (row: string) => V): Rows<V> => {
  const root: Growing<V> = { tag: 1, bitmap: 0, nodes: [] }
  let size = 0
  return {
    add: (key, row) => {
      size++
      grow(root, { tag: 0, hash: hashOf(key), key, value: undefined, row })
    },
    table: () => {
      const [only] = root.nodes
      if (only === undefined) return emptyTable(decode)
      return { size, root: root.nodes.length === 1 && only.tag !== 1 ? only : root, decode }
    },
  }
}

const without = <V>(node: Node<V>, hash: number, key: string, shift: number): Node<V> | undefined => {
  if (node.tag === 0) return undefined
  if (node.tag === 2) {
    const leaves = node.leaves.toSpliced(placeOf(node.leaves, key), 1)
    return leaves.length === 1 ? leaves[0] : { tag: 2, hash: node.hash, leaves }
  }
  const bit = bitOf(hash, shift)
  const index = indexOf(node.bitmap, bit)
  const below = without(node.nodes[index] as Node<V>, hash, key, shift + bitsPerLevel)
  const nodes = below === undefined ? node.nodes.toSpliced(index, 1) : node.nodes.with(index, below)
  const only = nodes[0]
  if (only === undefined) return undefined
  if (nodes.length === 1 && only.tag !== 1) return only
  return { tag: 1, bitmap: below === undefined ? node.bitmap & ~bit : node.bitmap, nodes }
}

/** The table without the key. */
export const remove = <V>(table: Table<V>, key: string): Table<V> => {
  const hash = hashOf(key)
  if (table.root === undefined || leafOf(table.root, key, hash) === undefined) return table
  return { size: table.size - 1, root: without(table.root, hash, key, 0), decode: table.decode }
}

/** All entries as they are held, in an order of no meaning. */
export function* leavesOf<V>(node: Node<V> | undefined): Generator<Leaf<V>> {
  if (node === undefined) return
  if (node.tag === 0) yield node
  else for (const below of node.tag === 1 ? node.nodes : node.leaves) yield* leavesOf(below)
}

/** All entries, in an order of no meaning. */
export function* entries<V>(table: Table<V>): Generator<readonly [string, V]> {
  for (const leaf of leavesOf(table.root)) yield [leaf.key, valueOf(table, leaf)]
}

const at = <V>(node: Branch<V>, bit: number): Node<V> | undefined =>
  (node.bitmap & bit) === 0 ? undefined : node.nodes[indexOf(node.bitmap, bit)]

type Difference<V> = readonly [key: string, leaf: Leaf<V> | undefined]

const collect = <V>(before: Node<V> | undefined, after: Node<V> | undefined, found: Difference<V>[]): void => {
  if (before === after) return
  if (before?.tag === 1 && after?.tag === 1) {
    for (let bits = before.bitmap | after.bitmap; bits !== 0; bits &= bits - 1) {
      collect(at(before, bits & -bits), at(after, bits & -bits), found)
    }
    return
  }
  const left = new Map([...leavesOf(before)].map((leaf) => [leaf.key, leaf]))
  for (const leaf of leavesOf(after)) {
    if (left.get(leaf.key) !== leaf) found.push([leaf.key, leaf])
    left.delete(leaf.key)
  }
  for (const key of left.keys()) found.push([key, undefined])
}

/** Walks two levels piece by piece and the thousandth of a table below them at once: generators all the way down are slow. */
function* differing<V>(
  before: Node<V> | undefined,
  after: Node<V> | undefined,
  levels: number,
): Generator<Difference<V>> {
  if (levels > 0 && before?.tag === 1 && after?.tag === 1) {
    if (before === after) return
    for (let slot = 0; slot < 32; slot++) {
      yield* differing(at(before, 1 << slot), at(after, 1 << slot), levels - 1)
    }
    return
  }
  const found: Difference<V>[] = []
  collect(before, after, found)
  yield* found
}

/** The entries of `after` that are not those of `before`, and with undefined the keys that are gone. Skips all they share. */
export function* changes<V>(before: Table<V>, after: Table<V>): Generator<readonly [string, V | undefined]> {
  for (const [key, leaf] of differing(before.root, after.root, 2)) {
    yield [key, leaf === undefined ? undefined : valueOf(after, leaf)]
  }
}
