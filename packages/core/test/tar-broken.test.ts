import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { layerDecoder } from '@varve/core/tar'
import { decoded, left, right } from './support/tar.js'
import { endBlocks, folders, joined, padded, rawEntry, rawHeader, rawRecords } from './support/tar-raw.js'
import { refuses, type Case } from './support/tar-refused.js'

const plain = (name: string): Uint8Array => joined(rawHeader({ name }), endBlocks)

const latin = Uint8Array.of(0x46, 0x69, 0x6c, 0x65, 0x73, 0x2f, 0xe4)
const tooLong = 2 ** 20 + 1
const huge = rawHeader({ name: 'PaxHeaders.0/x', type: 'x', size: tooLong })
const first = folders('Files')
const broken: readonly Omit<Case, 'options'>[] = [
  { what: 'a name that is no UTF-8', tar: plain('').map((b, i) => latin[i] ?? b), entry: '', offset: 0, words: 'sum' },
  {
    what: 'a name in Latin-1',
    tar: joined(rawHeader({ name: latin }), endBlocks),
    entry: '',
    offset: 0,
    words: 'names in UTF-8',
  },
  {
    what: 'records in Latin-1',
    tar: joined(
      rawEntry(
        { name: 'PaxHeaders.0/x', type: 'x' },
        joined(new TextEncoder().encode('13 path='), latin.subarray(3), new Uint8Array([10])),
      ),
    ),
    entry: 'PaxHeaders.0/x',
    offset: 0,
    words: 'records in UTF-8',
  },
  {
    what: 'records over 1 MiB',
    tar: joined(first, huge),
    entry: 'PaxHeaders.0/x',
    offset: 512,
    words: 'at most 1048576',
  },
  {
    what: 'a GNU name over 1 MiB',
    tar: rawHeader({ name: '././@LongLink', type: 'L', size: tooLong }),
    entry: '././@LongLink',
    offset: 0,
    words: 'at most 1048576',
  },
  {
    what: 'a GNU name in Latin-1',
    tar: joined(rawEntry({ name: '././@LongLink', type: 'L' }, latin), rawHeader({})),
    entry: '././@LongLink',
    offset: 0,
    words: 'names in UTF-8',
  },
  {
    what: 'records twice before one entry',
    tar: joined(rawRecords({ path: 'Files/a' }), rawRecords({ path: 'Files/b' }), rawHeader({})),
    entry: 'PaxHeaders.0/x',
    offset: 1024,
    words: 'each kind of records once',
  },
  {
    what: 'global records between records and their entry',
    tar: joined(rawRecords({ path: 'Files/a' }), rawRecords({ path: 'Files/b' }, 'g'), rawHeader({})),
    entry: 'PaxHeaders.0/x',
    offset: 1024,
    words: 'global ones first',
  },
  {
    what: 'records without an entry',
    tar: joined(first, rawRecords({ path: 'Files/a' }), endBlocks),
    entry: 'PaxHeaders.0/x',
    offset: 512,
    words: 'followed by the entry',
  },
  {
    what: 'records at the end',
    tar: joined(first, rawRecords({ path: 'Files/a' })),
    entry: 'PaxHeaders.0/x',
    offset: 512,
    words: 'followed by the entry',
  },
  {
    what: 'a wrong checksum',
    tar: joined(first, rawHeader({ checksum: '000000\0 ' })),
    entry: '',
    offset: 512,
    words: 'checksum',
  },
  { what: 'a checksum that is no number', tar: rawHeader({ checksum: 'x' }), entry: '', offset: 0, words: 'checksum' },
  {
    what: 'an entry behind a block of zeros',
    tar: joined(first, padded('\0'), rawHeader({})),
    entry: '',
    offset: 1024,
    words: 'block of zeros',
  },
  { what: 'half a header', tar: rawHeader({}).subarray(0, 511), entry: '', offset: 0, words: 'must be whole' },
  { what: 'half an end', tar: joined(first, new Uint8Array(700)), entry: '', offset: 1024, words: 'must be whole' },
  {
    what: 'half a body',
    tar: joined(first, rawHeader({ size: 1000 }), new Uint8Array(600)),
    entry: 'Files/a',
    offset: 512,
    words: 'must be whole; found "the end at byte 1624"',
  },
  {
    what: 'a body that never comes',
    tar: rawHeader({ size: 1 }),
    entry: 'Files/a',
    offset: 0,
    words: 'must be whole',
  },
  {
    what: 'half the records',
    tar: rawRecords({ path: 'Files/b' }).subarray(0, 515),
    entry: 'PaxHeaders.0/x',
    offset: 0,
    words: 'must be whole',
  },
]
for (const each of broken) refuses(each)

const binary = (first_: number, ...last: readonly number[]): Uint8Array =>
  Uint8Array.of(first_, ...Array.from({ length: 11 - last.length }, () => (first_ === 0xff ? 0xff : 0)), ...last)
const badNumbers: readonly (readonly [what: string, header: Parameters<typeof rawHeader>[0], words: string])[] = [
  ['a size that is no octal', { size: '00000000008\0' }, 'as its size; found "00000000008"'],
  ['a size in words', { size: 'many' }, 'as its size'],
  ['a size with a sign', { size: '-0000000001\0' }, 'as its size'],
  ['a negative size', { size: binary(0xff, 0xff) }, 'as its size'],
  ['a size of 2^53', { size: binary(0x80, 0x20, 0, 0, 0, 0, 0, 0) }, 'as its size'],
  ['a size of 2^94', { size: Uint8Array.of(0xbf, ...Array.from({ length: 11 }, () => 0xff)) }, 'as its size'],
  ['a mode that is no octal', { mode: '0x1ed' }, 'as its mode'],
  ['a GNU header with a prefix, as old writers had it', { magic: 'ustar  \0', prefix: 'Files/b' }, 'as its accessed'],
  ['a time that is no octal', { modified: '12:00' }, 'as its modified'],
  ['a time out of range', { modified: binary(0x80, 1, 0, 0, 0, 0, 0) }, 'FILETIME'],
]
for (const [what, header, words] of badNumbers)
  refuses({ what, tar: joined(first, rawHeader(header)), entry: 'Files/a', offset: 512, words })

for (const type of ['3', '4', '6', '7', 'A', 'D', 'M', 'N', 'V', 'X', 'Z', '\u0001', '9'])
  refuses({
    what: `type ${JSON.stringify(type)}`,
    tar: rawHeader({ type }),
    entry: 'Files/a',
    offset: 0,
    words: 'must be a file',
  })
refuses({
  what: 'a sparse entry',
  tar: rawHeader({ type: 'S' }),
  entry: 'Files/a',
  offset: 0,
  words: 'must not be sparse',
})

test('nothing that follows the end is looked at', () => {
  const tar = joined(first, endBlocks, new TextEncoder().encode('anything '.repeat(500)))
  for (const lengths of [[Infinity], [1], [700]]) assert.is(right(decoded(tar, {}, lengths)).length, 1)
})

test('a tar may end at any header, and even before the padding of its last body', () => {
  const tar = joined(first, rawHeader({ size: 3 }), new Uint8Array(3))
  assert.is(right(decoded(tar)).length, 2)
  assert.is(right(decoded(joined(tar, new Uint8Array(100)))).length, 2)
  assert.is(right(decoded(joined(tar, new Uint8Array(509)))).length, 2)
  assert.is(right(decoded(joined(tar, new Uint8Array(509 + 512)))).length, 2)
  assert.is(right(decoded(new Uint8Array())).length, 0)
})

test('a refusal stays one', () => {
  const decoder = layerDecoder()
  const refused = left(decoder.push(rawHeader({ type: 'S' })))
  assert.is(left(decoder.push(joined(folders('Files'), endBlocks))), refused)
  assert.is(left(decoder.end()), refused)
})

test('announced bytes are not allocated', () => {
  const before = process.memoryUsage().arrayBuffers
  const header = rawHeader({ name: 'PaxHeaders.0/x', type: 'x', size: 2 ** 20 })
  const all = Array.from({ length: 200 }, () => decoded(joined(header, new Uint8Array(10)), {}, [100]))
  assert.ok(all.every(E.isLeft))
  assert.ok(process.memoryUsage().arrayBuffers - before < 50 * 2 ** 20)
})

test.run()
