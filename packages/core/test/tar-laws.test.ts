import { isDeepStrictEqual } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import { layerEncoder, type LayerEncoder } from '@varve/core/tar'
import { decoded, encoded, left, right, wholes, type Whole } from './support/tar.js'
import { chunkings, layers } from './support/tar-arbitrary.js'
import { check } from './support/random.js'

for (const isBase of [true, false]) {
  const what = isBase ? 'base layer' : 'layer with parents'

  test(`any ${what} is read from its tar as it was written, in chunks of any size`, () => {
    const met = new Map<string, number>()
    check(
      fc.property(layers(isBase), chunkings, (layer, lengths) => {
        // uvu's equal takes the constructor of attributes called constructor for theirs.
        assert.ok(isDeepStrictEqual(wholes(right(decoded(right(encoded(layer)), { isBase }, lengths))), layer))
        for (const { entry } of layer) met.set(entry.type, (met.get(entry.type) ?? 0) + 1)
      }),
      200,
    )
    const types = [
      'file',
      'directory',
      'symlink',
      'junction',
      'link',
      'stream',
      ...(isBase ? [] : ['whiteout', 'opaque']),
    ]
    for (const type of types) assert.ok((met.get(type) ?? 0) > 5, `${met.get(type)} entries of type ${type}`)
  })

  test(`the tar of any ${what} is written again byte by byte`, () => {
    check(
      fc.property(layers(isBase), (layer) => {
        const tar = right(encoded(layer))
        assert.is(tar.length % 512, 0)
        assert.is(Buffer.compare(right(encoded(wholes(right(decoded(tar, { isBase }))))), tar), 0)
      }),
      100,
    )
  })
}

test('an epoch is every time there is', () => {
  check(
    fc.property(layers(false), fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), (layer, epoch) => {
      for (const { entry } of right(decoded(right(encoded(layer, { epoch })))))
        if ('times' in entry) for (const time of Object.values(entry.times)) assert.is(time, epoch)
    }),
    50,
  )
})

test('headers written into a buffer are those that come in one of their own, whatever stood there', () => {
  check(
    fc.property(layers(false), fc.nat(600), (layer, start) => {
      const [into, own] = [layerEncoder(), layerEncoder()]
      for (const { entry } of layer) {
        const expected = right(own.entry(entry))
        const bytes = new Uint8Array(start + expected.length + 600).fill(0xff)
        const end = start + expected.length
        assert.is(right(into.into(entry, bytes.subarray(0, end - 1), start)), start, 'there is no room')
        assert.ok(bytes.every((byte) => byte === 0xff))
        assert.is(right(into.into(entry, bytes.subarray(0, end), start)), end)
        assert.is(Buffer.compare(bytes.subarray(start, end), expected), 0, entry.name)
      }
      assert.equal(into.end(), own.end())
    }),
    100,
  )
})

const whole = (entry: Partial<Whole['entry']>): Whole => {
  const times = { created: 0n, accessed: 0n, modified: 0n, changed: 0n }
  const file = { type: 'file', name: 'Files/a', attributes: 0x20, times, size: 0, hasData: true } as const
  return { entry: { ...file, ...entry } as Whole['entry'], body: new Uint8Array() }
}

const encoderAfter = ({ entry }: Whole): LayerEncoder => {
  const encoder = layerEncoder()
  right(encoder.entry(entry))
  return encoder
}

const unwritable: readonly (readonly [what: string, entry: Partial<Whole['entry']>, words: string])[] = [
  ['a colon in a name', { name: 'Files/a:b' }, 'reserved character :'],
  ['a backslash in a name', { name: 'Files/a\\b' }, 'reserved character \\'],
  ['a name outside of the layer', { name: 'Files/../b' }, 'means a directory'],
  ['a foreign name', { name: 'sandbox.vhdx' }, 'must lie in'],
  ['a lone surrogate in a name', { name: 'Files/\ud800' }, 'not valid Unicode'],
  ['a name that would be a deletion', { name: 'Files/.wh.a' }, 'starts with .wh.'],
  ['a negative size', { size: -1 }, 'must have a size'],
  ['a size that is no integer', { size: 0.5 }, 'must have a size'],
  ['a size beyond 2^53', { size: 2 ** 53 }, 'must have a size'],
  ['bytes without data', { size: 1, hasData: false }, 'must have data'],
  ['attributes that are negative', { attributes: -1 & ~0x10 }, '32 bits'],
  ['attributes of 33 bits', { attributes: 2 ** 32 }, '32 bits'],
  ['a file with the attribute of folders', { attributes: 0x10 }, 'must not have the attribute 0x10'],
  ['a folder without its attribute', { type: 'directory' }, 'must have the attribute 0x10'],
  ['a symlink without a target', { type: 'symlink', target: '' }, 'must have a target'],
  ['a symlink with NUL', { type: 'symlink', target: 'a\0' }, 'must have a target'],
  ['a symlink with a lone surrogate', { type: 'junction', target: '\udc00' }, 'must have a target'],
  ['a hard link that leaves the layer', { type: 'link', target: '../a' }, 'must link to a name'],
  ['a stream of another file', { type: 'stream', stream: 's' }, 'must follow the entry'],
  ['an empty descriptor', { security: { bytes: new Uint8Array() } }, 'must have a security descriptor'],
  ['an empty descriptor as text', { security: { sddl: '' } }, 'must have a security descriptor'],
  ['an attribute with =', { extended: { 'A=': new Uint8Array() } }, 'printable ASCII'],
  ['an attribute without a name', { extended: { '': new Uint8Array() } }, 'printable ASCII'],
  ['an attribute too long', { extended: { A: new Uint8Array(65_536) } }, 'at most 65535 bytes'],
  ['a time before FILETIME', { times: { created: -(2n ** 64n), accessed: 0n, modified: 0n, changed: 0n } }, 'FILETIME'],
  [
    'too many attributes',
    { extended: Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`A${at}`, new Uint8Array(65_535)])) },
    'at most 1048576 bytes of records',
  ],
]
for (const [what, entry, words] of unwritable)
  test(`not written: ${what}`, () => {
    const first = whole({ name: 'Files/first', size: 3 })
    const [bad, good] = [whole(entry), whole({ name: 'Files/last' })]
    const encoder = layerEncoder()
    const start = right(encoder.entry(first.entry)).length + 3 + 509
    const fault = left(encoder.entry(bad.entry))
    assert.is(fault.entry, bad.entry.name)
    assert.is(fault.offset, start)
    assert.match(fault.message, words)
    const headers = right(encoder.entry(good.entry))
    assert.equal(headers, right(encoderAfter(first).entry(good.entry)), 'the tar is as it was')
  })

test.run()
