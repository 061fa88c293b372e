import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import type { DecodeOptions, LayerEntry } from '@varve/core/tar'
import { seenNames, emptyHash, extend, kinds } from '../src/tar/seen.js'
import { decoded, right } from './support/tar.js'
import { endBlocks, folders, joined, rawEntry, rawHeader, rawRecords } from './support/tar-raw.js'
import { refuses } from './support/tar-refused.js'

const folder = (name: string): Uint8Array => rawHeader({ name, type: '5' })
const file = (name: string): Uint8Array => rawHeader({ name })
const symlink = (name: string, target = 'x'): Uint8Array => rawHeader({ name, type: '2', target })
const junction = (name: string): Uint8Array =>
  joined(rawRecords({ 'MSWINDOWS.mountpoint': '1', 'MSWINDOWS.fileattr': '1040' }), symlink(name, 'C:\\x'))
const link = (name: string, target: string): Uint8Array => rawHeader({ name, type: '1', target })
const stream = (name: string): Uint8Array => rawEntry({ name }, 's')

/** The last of the parts is refused. */
const lastRefused = (
  what: string,
  entry: string,
  words: string,
  parts: readonly Uint8Array[],
  options?: DecodeOptions,
): void => {
  const offset = joined(...parts.slice(0, -1)).length
  const tar = joined(...parts, endBlocks)
  refuses({ what, tar, entry, offset, words, ...(options && { options }) })
  test(`accepted without the last: ${what}`, () => {
    assert.ok(E.isRight(decoded(joined(...parts.slice(0, -1), endBlocks), options)))
  })
}

const base = { isBase: true }
const duplicate = 'must not have the name of'
for (const [what, first] of [
  ['folder', folder('Files/a')],
  ['file', file('Files/a')],
  ['symlink', symlink('Files/a')],
  ['junction', junction('Files/a')],
  ['deletion', file('Files/.wh.a')],
  ['hard link', joined(file('Files/z'), link('Files/a', 'Files/z'))],
] as const) {
  lastRefused(`a file with the name of a ${what}`, 'Files/a', duplicate, [first, file('Files/a')])
  lastRefused(`a file whose name folds to that of a ${what}`, 'Files/A', duplicate, [first, file('Files/A')])
  lastRefused(`a folder with the name of a ${what}`, 'Files/a', duplicate, [first, folder('Files/a')])
  lastRefused(`a deletion of a ${what} of the same layer`, 'Files/.wh.A', duplicate, [first, file('Files/.wh.A')])
  if (what !== 'folder')
    lastRefused(`a file below a ${what}`, 'Files/a/b', 'must not be below', [first, file('Files/a/b')])
}
lastRefused('Cyrillic names that fold', 'Files/ПРИВЕТ', duplicate, [file('Files/привет'), file('Files/ПРИВЕТ')])
lastRefused('a file in place of a folder that holds things', 'Files/a', duplicate, [file('Files/a/b'), file('Files/a')])
lastRefused('a deletion of a folder that holds things', 'Files/.wh.a', duplicate, [
  file('Files/a/b'),
  file('Files/.wh.a'),
])
lastRefused('a folder deleted inside twice', 'Files/a/.wh..wh..opq', duplicate, [
  file('Files/a/.wh..wh..opq'),
  file('Files/a/.wh..wh..opq'),
])
lastRefused('a file in place of a folder deleted inside', 'Files/a', duplicate, [
  file('Files/a/.wh..wh..opq'),
  file('Files/a'),
])
lastRefused('a folder spelled otherwise than one made by its files', 'Files/A', 'must spell names', [
  file('Files/a/b'),
  folder('Files/A'),
])
lastRefused('a file whose folder is spelled otherwise', 'Files/A/b', 'must spell names', [
  folder('Files/a'),
  file('Files/A/b'),
])
lastRefused('something below what is deeper below a file', 'Files/a/b/c/d', 'must not be below a file', [
  folders('Files', 'Files/a'),
  file('Files/a/b'),
  file('Files/a/b/c/d'),
])

const links: readonly (readonly [target: string, words: string])[] = [
  ['Files', 'below Files or UtilityVM/Files'],
  ['Files/', 'is empty'],
  ['', 'must have a name'],
  ['/etc/passwd', 'absolute'],
  ['../a', 'means a directory'],
  ['Files/../../a', 'means a directory'],
  ['Files\\b', 'reserved character'],
  ['C:/Windows/System32', 'reserved character :'],
  ['Files/b:stream', 'reserved character :'],
  ['Hives/System_Delta', 'below Files or UtilityVM/Files'],
  ['blank.vhdx', 'must lie in'],
  ['UtilityVM/SystemTemplate.vhdx', 'must lie in'],
  ['UtilityVM/Files', 'below Files or UtilityVM/Files'],
  ['Files/a', 'must not link to itself'],
  ['Files/A', 'must not link to itself'],
  ['Files/folder', 'must not link to a folder'],
  ['Files/implied', 'must not link to a folder'],
  ['Files/junction', 'must not link to a folder'],
  ['Files/B', 'must spell names'],
  ['Files/Folder/x', 'must spell names'],
  ['Files/b/c', 'what would be below a file'],
  ['Files/junction/c', 'what would be below a junction'],
]
const around = [file('Files/b'), folder('Files/folder'), file('Files/implied/x'), junction('Files/junction')]
for (const [target, words] of links)
  lastRefused(`a hard link to ${target}`, 'Files/a', words, [...around, link('Files/a', target)])
lastRefused(
  'a hard link to what is not there, in a base layer',
  'Files/a',
  'comes before it',
  [link('Files/a', 'Files/b')],
  base,
)
lastRefused('the target behind the hard link', 'Files/b', 'before the hard links', [
  link('Files/a', 'Files/b'),
  file('Files/b'),
])
lastRefused('a file below the target of a hard link', 'Files/b/c', 'must not be below', [
  link('Files/a', 'Files/b'),
  file('Files/b/c'),
])
lastRefused('a hard link in Hives', 'Hives/a', 'must be a file or a folder', [
  file('Files/b'),
  link('Hives/a', 'Files/b'),
])
lastRefused('a symlink in Hives', 'Hives/a', 'must be a file or a folder', [symlink('Hives/a')])

test('hard links to earlier files, to symlinks and to other links pass, and to a parent when there is one', () => {
  const parts = [file('Files/b'), symlink('Files/s'), link('Files/l', 'Files/b'), link('Files/m', 'Files/l')]
  const [, , , , last] = right(decoded(joined(...parts, link('UtilityVM/Files/n', './Files/s'), endBlocks), base))
  assert.is(last?.entry.type === 'link' && last.entry.target, 'Files/s')
  const twice = joined(link('Files/x', 'Files/of/a/parent'), link('Files/y', 'Files/of/a/parent'), endBlocks)
  assert.is(right(decoded(twice)).length, 2)
  assert.is(right(decoded(joined(file('Files/.wh.old'), link('Files/new', 'Files/old'), endBlocks))).length, 2)
})

for (const name of ['Files', 'Hives', 'UtilityVM', 'UtilityVM/Files'])
  for (const [what, tar] of [
    ['file', file(name)],
    ['symlink', symlink(name)],
    ['junction', junction(name)],
    ['hard link', link(name, 'Files/b')],
  ] as const)
    refuses({ what: `${name} as a ${what}`, tar, entry: name, offset: 0, words: `must be a folder, as ${name} is one` })

const follow = 'must follow the entry whose alternate stream'
lastRefused('a stream of nothing', 'Files/a:s', follow, [stream('Files/a:s')])
lastRefused('a stream of another file', 'Files/a:s', follow, [file('Files/a'), file('Files/b'), stream('Files/a:s')])
lastRefused('a stream of a hard link', 'Files/a:s', follow, [
  file('Files/b'),
  link('Files/a', 'Files/b'),
  stream('Files/a:s'),
])
lastRefused('a stream of a deletion', 'Files/a:s', follow, [file('Files/.wh.a'), stream('Files/a:s')])
lastRefused('a stream of a file spelled otherwise', 'Files/A:s', follow, [file('Files/a'), stream('Files/A:s')])
lastRefused('a folder that is a stream', 'Files/a:s', 'reserved character :', [file('Files/a'), folder('Files/a:s')])
lastRefused('a stream without a name', 'Files/a:', 'stream with a name', [file('Files/a'), stream('Files/a:')])
lastRefused('the unnamed stream', 'Files/a::$DATA', 'stream with a name', [file('Files/a'), stream('Files/a::$DATA')])
lastRefused('a stream of another kind', 'Files/a:s:$INDEX_ALLOCATION', 'has no :', [
  file('Files/a'),
  stream('Files/a:s:$INDEX_ALLOCATION'),
])
lastRefused('a stream with a slash', 'Files/a:s/t', 'has no :', [file('Files/a'), stream('Files/a:s/t')])
lastRefused('a stream with a backslash', 'Files/a:s\\t', 'has no :', [file('Files/a'), stream('Files/a:s\\t')])
lastRefused('a stream twice', 'Files/a:S', duplicate, [file('Files/a'), stream('Files/a:s'), stream('Files/a:S')])

test('streams follow files, folders, symlinks and junctions', () => {
  const parts = [file('Files/a'), folder('Files/b'), symlink('Files/c'), junction('Files/d')]
  const tar = joined(...parts.flatMap((part, at) => [part, stream(`Files/${'abcd'.charAt(at)}:s:$DATA`)]), endBlocks)
  const streams = right(decoded(tar)).flatMap(({ entry }) => (entry.type === 'stream' ? [entry] : []))
  assert.equal(streams[0], { type: 'stream', name: 'Files/a', stream: 's', size: 1 } satisfies LayerEntry)
  assert.is(streams.length, 4)
})

for (const name of ['Files/.wh.a', 'Files/a/.wh..wh..opq', 'Files/.wh..wh..opq'])
  lastRefused(`${name} in a base layer`, name, 'must not delete anything', [file(name)], base)
lastRefused('a deletion with bytes', 'Files/.wh.a', 'must have no bytes', [rawEntry({ name: 'Files/.wh.a' }, 'x')])
lastRefused('a folder that deletes', 'Files/.wh.a', 'starts with .wh.', [folder('Files/.wh.a')])
lastRefused('a hard link that deletes', 'Files/.wh.a', 'starts with .wh.', [link('Files/.wh.a', 'Files/b')])

const three = [folder('Files'), file('Files/a'), file('Files/b')]
lastRefused('an entry too many', 'Files/b', 'one of at most 2 entries', three, { entries: 2 })
refuses({
  what: 'an entry that needs too many folders',
  tar: joined(file('Files/a/b/c'), endBlocks),
  options: { entries: 2 },
  entry: 'Files/a/b/c',
  offset: 0,
  words: 'no more than 2 folders',
})

test('as many entries as are allowed pass', () => {
  assert.is(right(decoded(joined(...three, endBlocks), { entries: 3 })).length, 3)
})

test('folders that no entry makes are made by what is in them, and may still come', () => {
  const tar = joined(file('Files/a/b/c'), folder('Files/a'), folder('Files'), file('Files/a/b/d'), endBlocks)
  assert.is(right(decoded(tar, base)).length, 4)
})

test('names are kept apart by hashes of less than 100 bytes each', () => {
  const seen = seenNames()
  const count = 200_000
  for (let at = 0; at < count; at++) {
    const name = `Files/Windows/WinSxS/amd64_component_${at}/file.dll`
    const hash = emptyHash()
    extend(hash, name, 0, name.length)
    assert.is(seen.look(hash), kinds.none)
    seen.put(kinds.file)
  }
  assert.ok(seen.bytes() / count < 100, `${seen.bytes() / count} bytes a name`)
})

test.run()
