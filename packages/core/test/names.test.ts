import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { foldName, longestName, nameProblem } from '../src/model/names.js'

test('names that differ in case alone fold to the same form', () => {
  const pairs = [
    ['Readme.TXT', 'README.txt'],
    ['straße', 'STRAßE'],
    ['Ångström', 'åNGSTRÖM'],
    ['ПРИВЕТ', 'привет'],
    ['ΑΣΣ', 'ασς'],
    ['ǅ', 'ǆ'],
    ['ᾳ', 'ᾼ'],
    ['ｆｕｌｌ', 'ＦＵＬＬ'],
    ['ⅷ', 'Ⅷ'],
  ] as const
  for (const [a, b] of pairs) assert.is(foldName(a), foldName(b), `${a} and ${b}`)
})

test('names that differ otherwise stay apart', () => {
  const pairs = [
    ['strasse', 'straße'],
    ['ﬁ', 'fi'],
    ['e\u0301', '\u00e9'],
    ['a', 'а'],
    ['\u{10428}', '\u{10400}'],
  ] as const
  for (const [a, b] of pairs) assert.is.not(foldName(a), foldName(b), `${a} and ${b}`)
})

test('folding maps unit by unit, once and for all', () => {
  for (let unit = 0; unit < 0x10000; unit++) {
    const folded = foldName(String.fromCharCode(unit))
    assert.is(folded.length, 1)
    assert.is(foldName(folded), folded, unit.toString(16))
  }
})

test('folding agrees with the engine where that maps one unit to one', () => {
  let compared = 0
  for (let unit = 0; unit < 0x250; unit++) {
    const upper = String.fromCharCode(unit).toUpperCase()
    // Two letters whose upper case is newer than Unicode 14.
    if (upper.length !== 1 || unit === 0x19b || unit === 0x264) continue
    assert.is(foldName(String.fromCharCode(unit)), upper, unit.toString(16))
    compared++
  }
  assert.ok(compared > 580)
})

test('names that Windows can hold', () => {
  const names = [
    'a',
    ' leading',
    '.hidden',
    'amd64_a..b_31bf',
    'a'.repeat(longestName),
    'CONSOLE',
    'com10',
    'COM0',
    'nul-device',
    'xCON',
    'ü € 漢字 \u{1f600}',
    "it's [100%] {fine} #1; a,b=c+d @home ~$x`",
    '__proto__',
  ]
  for (const name of names) assert.is(nameProblem(name), undefined, name)
})

test('names that Windows can not hold, and why', () => {
  const problems: readonly (readonly [name: string, words: string])[] = [
    ['', 'empty'],
    ['.', 'means a directory'],
    ['..', 'means a directory'],
    ...Array.from('<>:"|?*\\/', (mark) => [`a${mark}b`, `reserved character ${mark}`] as const),
    ['a\nb', 'control character U+000A'],
    ['a\0', 'control character U+0000'],
    ['\u001f', 'control character U+001F'],
    ['dot.', 'ends with a dot'],
    ['...', 'ends with a dot'],
    ['space ', 'ends with a space'],
    ...['CON', 'prn', 'Aux', 'nul.txt', 'COM1', 'com9.tar.gz', 'LPT¹', 'lpt³.x', 'con .txt'].map(
      (name) => [name, 'name of a device'] as const,
    ),
    ['a'.repeat(longestName + 1), 'longer than 255'],
    ['\ud800', 'not valid Unicode'],
    ['a\udc80b', 'not valid Unicode'],
  ]
  for (const [name, words] of problems) assert.match(nameProblem(name) ?? 'nothing', words, JSON.stringify(name))
})

test.run()
