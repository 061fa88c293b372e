import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import { decodeExtended, encodeExtended } from '../src/formats/extended.js'
import { basicInfoOf, filetimeOf, nanosecondsOfFiletime, timesOf } from '../src/formats/filetime.js'
import { decodeReparse, encodeReparse, tagOf } from '../src/formats/reparse.js'
import {
  decodeAttributes,
  encodeAttributes,
  folderOfSideFile,
  isSideFileOfFolder,
  sideFileOfFolder,
} from '../src/formats/side-file.js'
import { parseTombstones } from '../src/formats/tombstones.js'
import { check } from './support/random.js'

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex')
const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

test('FILETIMEs count from 1601, nanoseconds from 1970', () => {
  assert.is(nanosecondsOfFiletime(116_444_736_000_000_000n), 0n)
  assert.is(nanosecondsOfFiletime(0n), -11_644_473_600_000_000_000n)
  assert.is(filetimeOf(0n), 116_444_736_000_000_000n)
  // 2023-11-14T22:13:20.1234567Z
  assert.is(filetimeOf(1_700_000_000_123_456_700n), 133_444_736_001_234_567n)
})

test('what is finer than a FILETIME is cut off, before 1970 too', () => {
  assert.is(filetimeOf(199n), filetimeOf(100n))
  assert.is(filetimeOf(-1n), filetimeOf(-100n))
  assert.is(filetimeOf(-101n), filetimeOf(-200n))
})

test('every FILETIME is the same after both ways', () => {
  check(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (filetime) => {
      assert.is(filetimeOf(nanosecondsOfFiletime(filetime)), filetime)
    }),
    200,
  )
})

test('times and attributes are set as they are, but for zeros, which would change nothing', () => {
  const times = { created: 0n, accessed: 100n, modified: 200n, changed: 300n }
  const info = basicInfoOf(times, 0x21)
  assert.equal(timesOf(info), times)
  assert.is(info.attributes, 0x21)
  assert.is(basicInfoOf(times, 0).attributes, 0x80)
  assert.is(basicInfoOf({ ...times, created: nanosecondsOfFiletime(0n) }, 0x20).created, 1n)
})

test('extended attributes are a chain in the order of their names', () => {
  const chain = encodeExtended({ B: fromHex('010203'), AB: new Uint8Array() })
  assert.is(
    hex(chain),
    '0c000000' +
      '00' +
      '02' +
      '0000' +
      '414200' +
      '00' +
      '00000000' +
      '00' +
      '01' +
      '0300' +
      '4200' +
      '010203' +
      '000000',
  )
  assert.equal(decodeExtended(chain), { AB: new Uint8Array(), B: fromHex('010203') })
})

const attributes = fc
  .array(fc.tuple(fc.string({ minLength: 1, maxLength: 255 }), fc.uint8Array({ maxLength: 70 })), {
    minLength: 1,
    maxLength: 5,
  })
  .map((pairs) => Object.fromEntries(pairs))

test('any extended attributes are read as they were written', () => {
  check(
    fc.property(attributes, (extended) => {
      const decoded = decodeExtended(encodeExtended(extended))
      const sorted = (all: Readonly<Record<string, Uint8Array>>) =>
        Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1))
      assert.equal(sorted(decoded ?? {}), sorted(extended))
    }),
    100,
  )
})

for (const [what, bytes] of [
  ['empty', ''],
  ['shorter than a head', '00000000 00 01 00'],
  ['with a name beyond its end', '00000000 00 05 0000 41 00'],
  ['with a value beyond its end', '00000000 00 01 0900 41 00 00 00'],
  ['with a next one inside itself', '04000000 00 01 0000 41 00 00 00'],
  ['with a next one beyond its end', '40000000 00 01 0000 41 00 00 00'],
  ['with one name twice', '0c000000 00 01 0000 41 00 00 00 00000000 00 01 0000 41 00 00 00'],
] as const)
  test(`extended attributes that are none: ${what}`, () => assert.is(decodeExtended(fromHex(bytes)), undefined))

test('broken chains never throw', () => {
  check(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void decodeExtended(bytes)),
    300,
  )
})

test('a symlink to a drive', () => {
  const bytes = encodeReparse({ type: 'symlink', target: 'C:\\a' })
  const head = '0c0000a0' + '2400' + '0000' + '0000' + '1000' + '1200' + '0800' + '00000000'
  const substitute = hex(new Uint8Array(Buffer.from('\\??\\C:\\a\0', 'utf16le')))
  const print = hex(new Uint8Array(Buffer.from('C:\\a\0', 'utf16le')))
  assert.is(hex(bytes), head.replace('2400', '2800') + substitute + print)
})

test('a junction has no flags', () => {
  const bytes = encodeReparse({ type: 'junction', target: 'C:\\a' })
  assert.is(hex(bytes?.subarray(0, 16)), '030000a0' + '2400' + '0000' + '0000' + '1000' + '1200' + '0800')
  assert.is(bytes?.length, 16 + 18 + 10)
})

const substitutes: readonly (readonly [target: string, substitute: string, isRelative: boolean])[] = [
  ['\\\\?\\D:\\x', '\\??\\D:\\x', false],
  ['\\\\server\\share', '\\??\\UNC\\server\\share', false],
  ['c:\\x', '\\??\\c:\\x', false],
  ['C:/x/y', '\\??\\C:\\x\\y', false],
  ['..\\x', '..\\x', true],
  ['a/b', 'a\\b', true],
  ['\\rooted', '\\rooted', true],
]
for (const [target, substitute, isRelative] of substitutes)
  test(`what a symlink to ${target} follows`, () => {
    const bytes = encodeReparse({ type: 'symlink', target }) ?? new Uint8Array()
    const view = new DataView(bytes.buffer)
    assert.is(Buffer.from(bytes.subarray(20, 20 + view.getUint16(10, true))).toString('utf16le'), substitute)
    assert.is(view.getUint32(16, true), isRelative ? 1 : 0)
    assert.equal(decodeReparse(bytes), { type: 'symlink', target })
  })

test('any target is read as it was written', () => {
  const target = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  check(
    fc.property(fc.constantFrom('symlink' as const, 'junction' as const), target, (type, text) => {
      assert.equal(decodeReparse(encodeReparse({ type, target: text }) ?? new Uint8Array()), { type, target: text })
    }),
    200,
  )
})

test('a target that no reparse point can hold', () => {
  assert.is(encodeReparse({ type: 'symlink', target: 'x'.repeat(5000) }), undefined)
  assert.is.not(encodeReparse({ type: 'symlink', target: 'x'.repeat(4000) }), undefined)
})

test('a junction without a print name is what it follows', () => {
  const bytes = encodeReparse({ type: 'junction', target: 'C:\\a' }) ?? new Uint8Array()
  new DataView(bytes.buffer).setUint16(14, 0, true)
  assert.equal(decodeReparse(bytes), { type: 'junction', target: 'C:\\a' })
})

test('other reparse points are none, nor are broken ones', () => {
  const bytes = encodeReparse({ type: 'symlink', target: 'C:\\a' }) ?? new Uint8Array()
  new DataView(bytes.buffer).setUint32(0, 0x8000_0018, true)
  assert.is(decodeReparse(bytes), undefined)
  assert.is(tagOf(bytes), 0x8000_0018)
  assert.is(tagOf(new Uint8Array(3)), 0)
  const good = encodeReparse({ type: 'symlink', target: 'C:\\a' }) ?? new Uint8Array()
  for (let length = 0; length < good.length - 2; length++) assert.is(decodeReparse(good.slice(0, length)), undefined)
})

test('side files', () => {
  assert.is(hex(encodeAttributes(0x8000_0410)), '10040080')
  assert.is(decodeAttributes(fromHex('10040080 ff')), 0x8000_0410)
  assert.is(sideFileOfFolder('Files\\a'), 'Files\\a.$wcidirs$')
  assert.ok(isSideFileOfFolder('a.$WciDirs$'))
  assert.not(isSideFileOfFolder('a.$wcidirs$x'))
  assert.is(folderOfSideFile('a.$WciDirs$'), 'a')
  assert.is(folderOfSideFile('a'), undefined)
})

for (const end of ['\n', '\r\n'])
  test(`paths that are deleted, in lines that end with ${JSON.stringify(end)}`, () => {
    const lines = ['\ufeffVersion 1.0', '\\a', '\\Windows\\ä ö', '']
    assert.equal(parseTombstones(utf8(lines.join(end))), ['a', 'Windows\\ä ö'])
    assert.equal(parseTombstones(utf8(lines.slice(0, 3).join(end))), ['a', 'Windows\\ä ö'])
    assert.equal(parseTombstones(utf8(`\ufeffVersion 1.0${end}`)), [])
  })

for (const text of [
  '',
  'Version 1.0\n',
  '\ufeffVersion 2.0\n',
  '\ufeffVersion 1.0\na\n',
  '\ufeffVersion 1.0\n\n\\a\n',
  '\ufeffVersion 1.0\n\\\n',
])
  test(`no list of paths that are deleted: ${JSON.stringify(text)}`, () =>
    assert.is(parseTombstones(utf8(text)), undefined))

test('a list of deleted paths is UTF-8', () => assert.is(parseTombstones(fromHex('efbbbf ff')), undefined))

test.run()
