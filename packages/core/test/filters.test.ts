import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptedFilters, filterMatches, rejectedFilters } from '../conformance/filter-samples.js'
import type { InvalidArgument } from '../src/model/fault.js'
import type { Info } from '../src/model/snapshot.js'
import { unrolledSize } from '../src/state/filter-pattern.js'
import { parseFilters } from '../src/state/filters.js'

declare const process: { readonly env: Readonly<Record<string, string | undefined>> }

/** fast-check prints the seed when a property fails. */
const randomly: fc.Parameters<unknown> =
  process.env['VARVE_SEED'] === undefined ? {} : { seed: Number(process.env['VARVE_SEED']) }

const info = (found: Partial<Info>): Info => ({
  name: 'a',
  kind: 'Committed',
  parent: '',
  labels: {},
  created: '2024-01-02T03:04:05.000000006Z',
  updated: '2024-01-02T03:04:05.000000006Z',
  ...found,
})

const accepted = (filters: readonly string[]): ((info: Info) => boolean) => {
  const predicate = parseFilters(filters)
  if (E.isLeft(predicate)) throw new Error(`${JSON.stringify(filters)} was refused: ${predicate.left.message}`)
  return predicate.right
}

const refused = (filters: unknown): InvalidArgument => {
  const predicate = parseFilters(filters as readonly string[])
  if (E.isRight(predicate)) throw new Error(`${String(filters)} was accepted`)
  assert.is(predicate.left._tag, 'InvalidArgument')
  assert.match(predicate.left.message, /: invalid argument$/)
  return predicate.left
}

const doubleQuoted = (text: string): string =>
  `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\0', '\\000')}"`

const milliseconds = (work: () => void): number => {
  const start = performance.now()
  work()
  return performance.now() - start
}

test('the accepted samples parse', () => {
  for (const filter of acceptedFilters) accepted([filter])
})

test('the rejected samples give InvalidArgument in the form of a parse error', () => {
  for (const filter of rejectedFilters) {
    const found = refused(['name', filter])
    assert.is(found.field, 'filters[1]', JSON.stringify(filter))
    assert.match(found.message, /^filters: parse error: \[[^]*\]: [^]+: invalid argument$/)
  }
})

test('the samples match as they say', () => {
  for (const { filter, info: found, matches } of filterMatches) {
    assert.is(accepted([filter])(found), matches, `${filter} on ${JSON.stringify(found)}`)
  }
})

test('a parse error marks the character, or shows the input when it ended too early', () => {
  const places: readonly (readonly [string, string])[] = [
    ['name=a', '[name >|=|< a]'],
    ['name===a', '[name >|=|< ==a]'],
    [',name', '[ >|,|< name]'],
    ['name==a b', '[name==a >| |< b]'],
    ['name=="a"b', '[name=="a" >|b|< ]'],
    ['name=="a', '[name== >|"|< a]'],
    [String.raw`name,name=="\q"`, String.raw`[name,name== >|"|< \q"]`],
    ['name==a\u{E000}', '[name==a >|\u{E000}|< ]'],
    ['name==a\u{F0000}b', '[name==a >|\u{F0000}|< b]'],
    ['name==', '[name==]'],
    ['name ', '[name ]'],
    ['labels.', '[labels.]'],
  ]
  for (const [filter, place] of places) {
    const found = refused([filter])
    assert.ok(found.message.startsWith(`filters: parse error: ${place}: `), found.message)
    assert.is(found.value, JSON.stringify(filter))
  }
})

test('any filter may hold, and every selector of it must', () => {
  const root = { 'containerd.io/gc.root': 'check-walk' }
  const all: readonly Info[] = [
    info({ name: 'a-np', kind: 'Active', labels: root }),
    info({ name: 'p', labels: root }),
    info({ name: 'a', kind: 'Active', parent: 'p', labels: root }),
    info({ name: 'v', kind: 'View', parent: 'p', labels: root }),
    info({ name: 'p-wl', labels: { ...root, l: '1' } }),
    info({ name: 'a-wl', kind: 'Active', parent: 'p-wl', labels: { ...root, l: '2' } }),
    info({ name: 'v-wl', kind: 'View', parent: 'p-wl', labels: { ...root, l: '3' } }),
    info({ name: 'a-np-wl', kind: 'Active', labels: { ...root, l: '2' } }),
  ]
  const rooted = 'labels."containerd.io/gc.root"==check-walk'
  const everyName = 'a-np p a v p-wl a-wl v-wl a-np-wl'
  const table: readonly (readonly [readonly string[], string])[] = [
    [[rooted], everyName],
    [[`kind==active,${rooted}`], 'a-np a a-wl a-np-wl'],
    [[`kind==view,${rooted}`], 'v v-wl'],
    [[`kind==committed,${rooted}`], 'p p-wl'],
    [['name==p', 'name==a-np-wl'], 'p a-np-wl'],
    [['name==a-wl,labels.l'], 'a-wl'],
    [['parent==p'], 'a v'],
    [[`parent!="",${rooted}`], 'a v a-wl v-wl'],
    [['labels.l'], 'p-wl a-wl v-wl a-np-wl'],
    [['labels.l==2'], 'a-wl a-np-wl'],
    [[], everyName],
    [['name==p', ''], everyName],
  ]
  for (const [filters, names] of table) {
    const passing = all.filter(accepted(filters)).map(({ name }) => name)
    assert.is(passing.join(' '), names, filters.join(' or '))
  }
})

test('labels are own properties only', () => {
  const labels: Info['labels'] = JSON.parse('{ "__proto__": "x" }')
  assert.is(accepted(['labels.__proto__==x'])(info({ labels })), true)
  assert.is(accepted(['labels.__proto__'])(info({})), false)
  assert.is(accepted(['labels.hasOwnProperty'])(info({})), false)
})

test('input that is not a list of filters within the limits is refused by field', () => {
  for (const filters of [undefined, null, 'name', 7, { length: 1, 0: 'name' }, Array(65).fill('name')]) {
    assert.is(refused(filters).field, 'filters')
  }
  for (const filter of [
    undefined,
    null,
    7,
    ['name'],
    'x'.repeat(4097),
    `name=="${'é'.repeat(2045)}"`,
    'x'.repeat(1e6),
  ]) {
    const found = refused(['name', 'kind', 'parent', filter])
    assert.is(found.field, 'filters[3]')
    assert.match(found.message, /^filters\[3\] must be a string of at most 4096 bytes of UTF-8; found /)
    assert.ok(found.message.length < 400)
  }
  assert.is(refused(Array(2)).field, 'filters[0]')
  accepted(Array<string>(64).fill('name'))
  accepted(['x'.repeat(4096)])
  assert.is(accepted([`name=="${'é'.repeat(2044)}"`])(info({ name: 'é'.repeat(2044) })), true)
})

test('any text parses or is InvalidArgument', () => {
  const words = String.raw`name labels. kind == ~= != = , . \ " / | ( [ {9} *`.split(' ')
  const pieces = fc.constantFrom(' ', '\n', ...words)
  const filter = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 1 })), maxLength: 20 }),
    fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  )
  fc.assert(
    fc.property(filter, fc.string({ unit: 'binary' }), (text, name) => {
      const time = milliseconds(() => {
        const predicate = parseFilters([text])
        if (E.isLeft(predicate)) return assert.is(refused([text]).field, 'filters[0]')
        assert.type(predicate.right(info({ name })), 'boolean')
      })
      assert.ok(time < 1_000, `took ${time} ms`)
    }),
    { ...randomly, numRuns: 1_000 },
  )
})

test('name==<quoted> passes exactly that name', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\0', 'n', '/', 'é') }),
  )
  fc.assert(
    fc.property(name, name, (one, other) => {
      const [same, differs] = [accepted([`name==${doubleQuoted(one)}`]), accepted([`name!=${doubleQuoted(one)}`])]
      assert.is(same(info({ name: one })), true)
      assert.is(differs(info({ name: one })), false)
      assert.is(same(info({ name: other })), one === other)
      assert.is(accepted([`labels.${doubleQuoted(one)}`])(info({ labels: Object.fromEntries([[one, 'x']]) })), true)
    }),
    { ...randomly, numRuns: 500 },
  )
})

test('matching takes linear time', () => {
  const holds = accepted([String.raw`name~=/^(a+)+$/`])
  const time = milliseconds(() => assert.is(holds(info({ name: `${'a'.repeat(30)}!` })), false))
  assert.ok(time < 1_000, `took ${time} ms`)
})

test('patterns that unroll to millions of instructions match nothing, soon', () => {
  const large = [
    'name~=/((((a{1,1000}){1,1000}){1,1000}))/',
    `name~=/(${'a?'.repeat(600)}){1000}/`,
    `name~=/(a?b?c?){0,1000}|${'(a?b?){0,1000}'.repeat(200)}/`,
    String.raw`name~="(?i)${String.raw`[b-\\x{1e900}]`.repeat(250)}|a"`,
    Array(200).fill('name~="(a?){1000}b"').join(','),
  ]
  for (const filter of large) {
    const time = milliseconds(() => assert.is(accepted(Array<string>(64).fill(filter))(info({})), false))
    assert.ok(time < 3_000, `took ${time} ms: ${filter.slice(0, 40)}`)
  }
})

test('ordinary counted patterns fit the budget of one walk', () => {
  const digest = (algorithm: number): string => `name~=/^sha${algorithm}:[0-9a-f]{64}(@[0-9a-f]{1,64})?$/`
  const name = `sha63:${'0f'.repeat(32)}`
  assert.is(accepted(Array.from({ length: 64 }, (_, index) => digest(index)))(info({ name })), true)
  const uuid = accepted(['name~="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"'])
  assert.is(uuid(info({ name: '123e4567-e89b-12d3-a456-426614174000' })), true)
  assert.is(uuid(info({ name: '123e4567-e89b-12d3-a456-42661417400' })), false)
})

const assertNotBelow = (pattern: string, compiled: RE2JS): void => {
  const [estimate, size] = [unrolledSize(pattern), compiled.programSize()]
  assert.ok(estimate >= size, `${pattern}: ${estimate} is below ${size}`)
}

test('groups, classes and literals are told apart as RE2 does', () => {
  const patterns = String.raw`
    (aaaaaaaa)(?i){50}  (aaaaaaaa)\Q\E{50}  (aaaaaaaa\Q(\E){50}  (aaaaaaaa\(){50}  [a-](aaaaaaaa){50}  \x{100}{50}
    (aaaaaaaa[(]){50}  (aaaaaaaa[](]){50}  (aaaaaaaa[^](]){50}  (aaaaaaaa[\](]){50}  (aaaaaaaa[[:alpha:](]){50}
    (aaaaaaaa[\d-[:alpha:](]){50}  (aaaaaaaa[\pL-[:alpha:](]){50}  (aaaaaaaa[\p{Greek}-[:alpha:](]){50}
    [+-[:](aaaaaaaa){50}[:alpha:]`
  for (const pattern of patterns.trim().split(/\s+/)) {
    assertNotBelow(pattern, RE2JS.compile(pattern))
    assert.ok(unrolledSize(pattern) < 1_000, pattern)
  }
})

test('the unrolled size is never below the size of the compiled program', () => {
  const escapes = String.raw`\Q \E \x{61} \d \pL \p{Greek} \PN \] \[ \( \{ \\ \b`.split(' ')
  const groups = ['(', '(', ')', ')', ')', '(?:', '(?i)', '(?s:', '(?P<n>', '|']
  const counts = ['{2}', '{3,5}', '{10}', '{0,4}', '{2,}', '{,3}', '{02}', '*', '+', '?']
  const classes = ['[', '[^', ']', '[]', '[:alpha:]', '[[:alpha:]]', '[:', ':]', '+-[:]', '-']
  const piece = fc.constantFrom('a', 'xyz', 'é', '^', '$', '.', '{', '}', ...escapes, ...groups, ...counts, ...classes)
  fc.assert(
    fc.property(fc.string({ unit: piece, minLength: 1, maxLength: 12 }), (pattern) => {
      const compiled = E.tryCatch(() => RE2JS.compile(pattern), String)
      if (E.isRight(compiled)) assertNotBelow(pattern, compiled.right)
    }),
    { ...randomly, numRuns: 2_000 },
  )
})

test.run()
