import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decoded, right } from './support/tar.js'
import { endBlocks, joined, rawHeader, rawRecords, record } from './support/tar-raw.js'
import { refuses } from './support/tar-refused.js'

const named = (name: string): Uint8Array => joined(rawRecords({ path: name }), rawHeader({ type: '0' }), endBlocks)
const plain = (name: string): Uint8Array => joined(rawHeader({ name }), endBlocks)

const badNames: readonly (readonly [name: string, words: string])[] = [
  ['/', 'absolute'],
  ['/etc/passwd', 'absolute'],
  ['//server/share/x', 'absolute'],
  ['\\\\server\\share\\x', 'reserved character \\'],
  ['\\\\?\\C:\\x', 'follow the entry'],
  ['C:/Windows/x', 'reserved character :'],
  ['C:', 'follow the entry'],
  ['C:x', 'follow the entry'],
  ['..', 'means a directory'],
  ['../x', 'means a directory'],
  ['Files/..', 'means a directory'],
  ['Files/../x', 'means a directory'],
  ['Files/../../x', 'means a directory'],
  ['Files/a/../b', 'means a directory'],
  ['Files/./b', 'means a directory'],
  ['././Files/b', 'means a directory'],
  ['Files/.', 'means a directory'],
  ['Files//b', 'is empty'],
  ['Files/b/', 'is empty'],
  ['Files\\b', 'reserved character \\'],
  ['Files/..\\..\\b', 'reserved character \\'],
  ['Files/a\\..\\..\\b', 'reserved character \\'],
  ['Files/... ', 'ends with a space'],
  ['Files/...', 'ends with a dot'],
  ['Files/.. /b', 'ends with a space'],
  ['Files/b.', 'ends with a dot'],
  ['Files/b ', 'ends with a space'],
  ['Files/b./c', 'ends with a dot'],
  ['Files/CON', 'name of a device'],
  ['Files/nul.txt', 'name of a device'],
  ['Files/Com1 .x', 'name of a device'],
  ['Files/lpt9/x', 'name of a device'],
  ['Files/aux', 'name of a device'],
  ['Files/PRN.a.b', 'name of a device'],
  ['Files/COM\u00b9', 'name of a device'],
  ['Files/a*', 'reserved character *'],
  ['Files/a?b', 'reserved character ?'],
  ['Files/a|b', 'reserved character |'],
  ['Files/a"b', 'reserved character "'],
  ['Files/<a', 'reserved character <'],
  ['Files/a\u0001', 'control character U+0001'],
  ['Files/a\n', 'control character U+000A'],
  [`Files/${'a'.repeat(256)}`, 'longer than 255'],
  [`Files/${'a/'.repeat(16_400)}b`, 'at most 32767 UTF-16 units'],
  ['Files/a:stream', 'follow the entry whose alternate stream'],
  ['Files/a:b/c', 'reserved character :'],
  ['files/a', 'must lie in'],
  ['FILES/a', 'must lie in'],
  ['Other/a', 'must lie in'],
  ['blank.vhdx', 'must lie in'],
  ['layout', 'must lie in'],
  ['tombstones.txt', 'must lie in'],
  ['Files.$wcidirs$', '.$wcidirs$'],
  ['Files/a.$WCIDIRS$', '.$wcidirs$'],
  ['Files/a.$wcidirs$/b', '.$wcidirs$'],
  ['Files/.wh.a/b', 'starts with .wh.'],
  ['Files/.wh..wh.plnk', 'starts with .wh.'],
  ['UtilityVM/a', 'must lie in'],
  ['UtilityVM/files/a', 'must lie in'],
  ['UtilityVM/SystemTemplate.vhdx', 'must lie in'],
  ['Files/.wh.', 'is empty'],
  ['Files/.wh..', 'means a directory'],
  ['Files/.wh...', 'means a directory'],
  ['Files/.wh.a:b', 'reserved character :'],
  ['Files/.wh.a.', 'ends with a dot'],
  ['.wh.Files', 'must not delete'],
  ['.wh..wh..opq', 'must have a name'],
  ['Hives/.wh.System_Delta', 'must not delete'],
  ['Hives/.wh..wh..opq', 'must not delete'],
  ['UtilityVM/.wh.Files', 'must not delete'],
  ['UtilityVM/.wh..wh..opq', 'must not delete'],
]
for (const [name, words] of badNames)
  refuses({ what: `the name ${JSON.stringify(name.slice(0, 40))}`, tar: named(name), entry: name, offset: 0, words })

refuses({ what: 'no name at all', tar: plain(''), entry: '', offset: 0, words: 'must have a name' })
refuses({ what: 'a deletion of .wh./', tar: plain('Files/.wh./'), entry: 'Files/.wh./', offset: 0, words: '.wh.' })

const directoryNamed = (name: string): Uint8Array => joined(rawHeader({ name, type: '5' }), endBlocks)
for (const name of ['/', './/', '../', './../', 'Files/../', 'Files//', '.wh.x/'])
  refuses({ what: `the folder ${name}`, tar: directoryNamed(name), entry: name, offset: 0, words: 'must' })

test('legal names of Windows pass', () => {
  const names = [
    'Files/amd64_a..b_31bf',
    'Files/..a',
    'Files/.a',
    'Files/a..b/..c',
    'Files/ leading',
    'Files/CONSOLE',
    'Files/auxiliary.txt',
    'Files/com10',
    'Files/$Recycle.Bin',
    'Files/.WH.a',
    'Files/a.wh.b',
    'Files/a.$wcidirs$.b',
    `Files/${'a'.repeat(255)}`,
    'Files/__proto__',
    'Hives/System_Delta',
    'UtilityVM/Files/a',
    './Files/z',
  ]
  for (const name of names) {
    const [found] = right(decoded(named(name)))
    assert.is(found?.entry.name, name.replace(/^\.\//, ''))
  }
})

const records = (text: string | Readonly<Record<string, string>>): Uint8Array =>
  joined(rawRecords(text), rawHeader({}), endBlocks)
const badRecords: readonly (readonly [what: string, records: string | Record<string, string>, words: string])[] = [
  ['a length that is too short', '9 path=Files/b\n', 'each as long as it says'],
  ['a length that is too long', '99 path=Files/b\n', 'each as long as it says'],
  ['a length of 0', '0 path=Files/b\n', 'each as long as it says'],
  ['a length that overflows', '99999999999999999999 path=Files/b\n', 'each as long as it says'],
  ['a negative length', '-5 path=Files/b\n', 'each as long as it says'],
  ['no length', ' path=Files/b\n', 'each as long as it says'],
  ['no space', 'path=Files/b\n', 'each as long as it says'],
  ['no equals sign', '10 pathabc\n', 'each as long as it says'],
  ['no key', record('', 'x'), 'each as long as it says'],
  ['no line feed', record('path', 'Files/b').replace('\n', 'x'), 'each as long as it says'],
  ['trash behind', `${record('path', 'Files/b')}\0\0`, 'each as long as it says'],
  ['NUL in a key', record('pa\0th', 'x'), 'each as long as it says'],
  ['NUL in a name', { path: 'Files/a\0b' }, 'as path a name without NUL'],
  ['NUL in a target', { linkpath: 'Files/a\0b' }, 'as linkpath a name without NUL'],
  ['a name twice', record('path', 'Files/a') + record('path', 'Files/b'), 'each record once'],
  ['an attribute twice', record('MSWINDOWS.xattr.A', '') + record('MSWINDOWS.xattr.A', ''), 'each record once'],
  ['a negative size', { size: '-1' }, 'as size a decimal number'],
  ['a size with a sign', { size: '+1' }, 'as size a decimal number'],
  ['a size in hexadecimal', { size: '0x10' }, 'as size a decimal number'],
  ['a size beyond 2^53', { size: '9007199254740992' }, 'as size a decimal number'],
  ['a size beyond all', { size: '9'.repeat(400) }, 'as size a decimal number'],
  ['attributes beyond 32 bits', { 'MSWINDOWS.fileattr': '4294967296' }, 'a decimal number of 32 bits'],
  ['no attributes', { 'MSWINDOWS.fileattr': '' }, 'a decimal number of 32 bits'],
  ['negative attributes', { 'MSWINDOWS.fileattr': '-1' }, 'a decimal number of 32 bits'],
  ['a file with the attribute of folders', { 'MSWINDOWS.fileattr': '16' }, 'must not have the attribute 0x10'],
  ['a time that is none', { mtime: 'now' }, 'as mtime a time'],
  ['a time with two dots', { mtime: '1.2.3' }, 'as mtime a time'],
  ['a time in exponents', { atime: '1e9' }, 'as atime a time'],
  ['a time before FILETIME', { ctime: '-11644473600.1' }, 'as ctime a time'],
  ['a time behind FILETIME', { 'LIBARCHIVE.creationtime': '910692730086' }, 'as LIBARCHIVE.creationtime a time'],
  ['a time of a million digits', { mtime: '1'.repeat(1_000_000) }, 'as mtime a time'],
  ['no creation time', { 'LIBARCHIVE.creationtime': '' }, 'as LIBARCHIVE.creationtime a time'],
  ['a descriptor that is no base64', { 'MSWINDOWS.rawsd': '***=' }, 'a security descriptor in base64'],
  ['a descriptor cut off', { 'MSWINDOWS.rawsd': 'AQAE' + 'g' }, 'a security descriptor in base64'],
  ['a descriptor in non-ASCII', { 'MSWINDOWS.rawsd': 'ééé=' }, 'a security descriptor in base64'],
  ['an empty descriptor', { 'MSWINDOWS.rawsd': '' }, 'a security descriptor in base64'],
  ['an empty descriptor as text', { 'MSWINDOWS.sd': '' }, 'a security descriptor as text'],
  ['an attribute that is no base64', { 'MSWINDOWS.xattr.A': 'x' }, 'must have MSWINDOWS.xattr.A in base64'],
  ['an attribute without a name', { 'MSWINDOWS.xattr.': '' }, '1 to 255 printable ASCII characters'],
  ['an attribute of too long a name', { [`MSWINDOWS.xattr.${'A'.repeat(256)}`]: '' }, '1 to 255 printable ASCII'],
  ['an attribute too long', { 'MSWINDOWS.xattr.A': 'A'.repeat(87_384) }, 'at most 65535 bytes'],
  ['a sparse file', { 'GNU.sparse.major': '1' }, 'must not be sparse'],
  ['a sparse file of old', record('GNU.sparse.offset', '0') + record('GNU.sparse.offset', '1'), 'must not be sparse'],
  ['a sparse file of star', { 'SCHILY.realsize': '1' }, 'must not be sparse'],
]
for (const [what, text, words] of badRecords) {
  const isOfEntry = words.startsWith('must not have the attribute')
  const entry = isOfEntry ? 'Files/a' : 'PaxHeaders.0/x'
  refuses({ what: `records with ${what}`, tar: records(text), entry, offset: 0, words })
}

test.run()
