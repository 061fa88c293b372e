import * as fc from 'fast-check'

/** A change to a tar. Places are parts of its length, so that they fit any tar. */
export type Mutation =
  | { readonly type: 'flip'; readonly at: number; readonly bit: number }
  | { readonly type: 'set'; readonly at: number; readonly byte: number }
  | { readonly type: 'field'; readonly at: number; readonly field: number; readonly value: Uint8Array }
  | { readonly type: 'text'; readonly at: number; readonly value: string }
  | { readonly type: 'cut'; readonly at: number }
  | { readonly type: 'remove' | 'repeat'; readonly at: number; readonly length: number; readonly isBlocks: boolean }
  | { readonly type: 'splice'; readonly at: number; readonly from: number; readonly length: number }
  | { readonly type: 'insert'; readonly at: number; readonly value: Uint8Array }

const part = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const byte = fc.nat(255)

/** Words that mean something somewhere, so that a change hits more often than by chance. */
const words = fc.constantFrom(
  '../',
  '/..',
  './',
  '//',
  '\\',
  ':s',
  '.wh.',
  '.wh..wh..opq',
  'C:',
  'Files',
  'files',
  'Hives',
  'UtilityVM/Files',
  '\0',
  ' ',
  '.',
  '\n',
  '=',
  '-1',
  '99',
  '20 path=Files/a.txt\n',
  '20 size=99999999999\n',
  '27 linkpath=../../etc/hosts',
  'GNU.sparse.major',
  '.$wcidirs$',
  'é',
)

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ type: fc.constant('flip' as const), at: part, bit: fc.nat(7) }),
  fc.record({ type: fc.constant('set' as const), at: part, byte }),
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('field' as const),
      at: part,
      field: fc.constantFrom(0, 0, 6, 100, 124, 124, 136, 156, 156, 156, 157, 157, 257, 345, 500),
      value: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 12 }),
        fc.constantFrom(...'0123456789xgLKSV'.split('')).map((type) => new TextEncoder().encode(type)),
        words.map((word) => new TextEncoder().encode(word)),
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('text' as const), at: part, value: words }) },
  fc.record({ type: fc.constant('cut' as const), at: part }),
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('remove' as const, 'repeat' as const),
      at: part,
      length: fc.integer({ min: 1, max: 6 }),
      isBlocks: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('splice' as const),
      at: part,
      from: part,
      length: fc.integer({ min: 1, max: 8 }),
    }),
  },
  fc.record({ type: fc.constant('insert' as const), at: part, value: fc.uint8Array({ minLength: 1, maxLength: 600 }) }),
)

export const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 })

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** The changed tar. */
const changed = (tar: Uint8Array, change: Mutation): Uint8Array => {
  const at = Math.floor(change.at * tar.length)
  const block = at - (at % 512)
  const copy = tar.slice()
  switch (change.type) {
    case 'flip':
      copy[at] = (copy[at] ?? 0) ^ (1 << change.bit)
      return copy
    case 'set':
      copy[at] = change.byte
      return copy
    case 'field':
      copy.set(
        change.value.subarray(0, Math.max(0, tar.length - block - change.field)),
        Math.min(tar.length, block + change.field),
      )
      return copy
    case 'text':
      copy.set(new TextEncoder().encode(change.value).subarray(0, tar.length - at), at)
      return copy
    case 'cut':
      return tar.slice(0, at)
    case 'remove':
      return change.isBlocks
        ? joined(tar.subarray(0, block), tar.subarray(block + change.length * 512))
        : joined(tar.subarray(0, at), tar.subarray(at + change.length))
    case 'repeat':
      return joined(tar.subarray(0, block + change.length * 512), tar.subarray(block))
    case 'splice': {
      const from = Math.floor(change.from * tar.length)
      const start = from - (from % 512)
      return joined(tar.subarray(0, block), tar.subarray(start, start + change.length * 512), tar.subarray(block))
    }
    case 'insert':
      return joined(tar.subarray(0, at), change.value, tar.subarray(at))
  }
}

const isHeader = (tar: Uint8Array, at: number): boolean => {
  const [a, b, c] = [tar[at + 257], tar[at + 258], tar[at + 259]]
  return a === 0x75 && b === 0x73 && c === 0x74
}

/** Makes the checksums right again, without which nearly every change to a header would be refused for that alone. */
export const withSums = (tar: Uint8Array): Uint8Array => {
  const copy = tar.slice()
  for (let at = 0; at + 512 <= copy.length; at += 512) {
    if (!isHeader(copy, at)) continue
    copy.fill(0x20, at + 148, at + 156)
    let sum = 0
    for (let index = at; index < at + 512; index++) sum += copy[index] ?? 0
    copy.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), at + 148)
  }
  return copy
}

/** The tar with all changes. */
export const mutated = (tar: Uint8Array, changes: readonly Mutation[], isSummed: boolean): Uint8Array => {
  const result = changes.reduce(changed, tar)
  return isSummed ? withSums(result) : result
}
