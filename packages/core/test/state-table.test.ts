import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import { changes, collectRows, emptyTable, entries, get, remove, set, type Table } from '../src/state/table.js'
import { collidingKeys } from './support/collisions.js'
import { check } from './support/random.js'

const parse = (row: string): number => JSON.parse(row) as number
const empty = emptyTable(parse)

const colliding = collidingKeys(8)
/** Few keys that meet often: some collide, one is empty, one is what JavaScript objects lose. */
const keys = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...colliding) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 60 }).map((n) => `k${n}`) },
  { weight: 1, arbitrary: fc.constantFrom('', '__proto__', 'constructor', 'é', '\u{1f600}') },
)

type Edit = { readonly key: string; readonly value: number | undefined }

const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.record({ key: keys, value: fc.option(fc.nat(9), { nil: undefined, freq: 3 }) }),
  { maxLength: 120, size: 'max' },
)

const edited = (table: Table<number>, { key, value }: Edit): Table<number> =>
  value === undefined ? remove(table, key) : set(table, key, value)

/** A table that comes as rows, and the Map it stands for. */
const beginnings = fc
  .uniqueArray(fc.tuple(keys, fc.nat(9)), { maxLength: 60, size: 'max', selector: ([key]) => key })
  .map((all): readonly [Table<number>, Map<string, number>] => {
    const rows = collectRows(parse)
    for (const [key, value] of all) rows.add(key, JSON.stringify(value))
    return [rows.table(), new Map(all)]
  })

const mirrored = (map: Map<string, number>, { key, value }: Edit): void => {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}

const sorted = <V>(all: Iterable<readonly [string, V]>): readonly (readonly [string, V])[] =>
  [...all].sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))

const same = (table: Table<number>, map: ReadonlyMap<string, number>): void => {
  assert.is(table.size, map.size)
  assert.equal(sorted(entries(table)), sorted(map))
}

test('a table is a Map whose every version stays', () => {
  check(
    fc.property(beginnings, edits, ([beginning, rows], all) => {
      const map = new Map(rows)
      const versions: (readonly [Table<number>, ReadonlyMap<string, number>])[] = [[beginning, rows]]
      let table = beginning
      for (const edit of all) {
        table = edited(table, edit)
        mirrored(map, edit)
        assert.is(get(table, edit.key), edit.value)
        assert.is(table.size, map.size)
        versions.push([table, new Map(map)])
      }
      for (const version of versions) same(...version)
    }),
    100,
  )
})

test('every key is found, and no other', () => {
  check(
    fc.property(edits, keys, (all, other) => {
      const map = new Map<string, number>()
      const table = all.reduce(edited, empty)
      for (const edit of all) mirrored(map, edit)
      for (const [key, value] of map) assert.is(get(table, key), value)
      assert.is(get(table, other), map.get(other))
    }),
    200,
  )
})

test('the changes between any two versions turn one into the other', () => {
  check(
    fc.property(edits, edits, fc.boolean(), (first, second, backwards) => {
      const early = first.reduce(edited, empty)
      const late = second.reduce(edited, early)
      const [before, after] = backwards ? [late, early] : [early, late]
      const map = new Map(entries(before))
      for (const [key, value] of changes(before, after)) {
        if (value === undefined) assert.ok(map.delete(key), `${key} was not there to be gone`)
        else map.set(key, value)
      }
      same(after, map)
    }),
    200,
  )
})

test('the changes name only keys that were edited, each once', () => {
  check(
    fc.property(edits, edits, (first, second) => {
      const before = first.reduce(edited, empty)
      const after = second.reduce(edited, before)
      const named = [...changes(before, after)].map(([key]) => key)
      const touched = new Set(second.map(({ key }) => key))
      assert.is(new Set(named).size, named.length)
      for (const key of named) assert.ok(touched.has(key), `${JSON.stringify(key)} was not edited`)
    }),
    200,
  )
})

test('two tables without a common past differ in all they hold', () => {
  const one = set(set(empty, 'a', 1), 'b', 2)
  const other = set(set(empty, 'b', 2), 'c', 3)
  assert.equal(sorted(changes(one, other)), [
    ['a', undefined],
    ['b', 2],
    ['c', 3],
  ])
  assert.equal([...changes(one, one)], [])
  assert.equal(sorted(changes(one, empty)), [
    ['a', undefined],
    ['b', undefined],
  ])
})

test('what two versions share is not looked into', () => {
  let before = empty
  for (let index = 0; index < 2_000; index++) before = set(before, `k${index}`, index)
  const after = set(before, 'k7', -1)
  const [root, newRoot] = [before.root, after.root]
  if (root?.tag !== 1 || newRoot?.tag !== 1) throw new Error('a table of 2,000 has no branches')
  let shared = 0
  for (const node of root.nodes) {
    if (!newRoot.nodes.includes(node)) continue
    shared++
    Object.defineProperty(node, 'nodes', {
      get: () => {
        throw new Error('a shared node was looked into')
      },
    })
  }
  assert.is(shared, 31)
  assert.equal([...changes(before, after)], [['k7', -1]])
})

test('removing what is not there gives the same table', () => {
  const table = set(empty, 'a', 1)
  assert.is(remove(table, 'b'), table)
  assert.is(remove(empty, 'b'), empty)
})

test('a table that was emptied is as empty as a new one', () => {
  check(
    fc.property(edits, (all) => {
      let table = all.reduce(edited, empty)
      for (const [key] of entries(table)) table = remove(table, key)
      assert.is(table.root, undefined)
      assert.is(table.size, 0)
    }),
    50,
  )
})

/** A table of rows that notes which of them it has read. */
const noting = (): { readonly table: Table<string>; readonly read: string[] } => {
  const read: string[] = []
  const rows = collectRows((row) => {
    read.push(row)
    return row.toUpperCase()
  })
  for (let index = 0; index < 500; index++) rows.add(`k${index}`, `row ${index}`)
  for (const key of colliding) rows.add(key, `row ${key}`)
  return { table: rows.table(), read }
}

test('a row is read when it is first touched, once, for every version that shares it', () => {
  const { table, read } = noting()
  assert.is(table.size, 508)
  const later = set(table, 'new', 'x')
  assert.is(get(later, 'k7'), 'ROW 7')
  assert.is(get(table, 'k7'), 'ROW 7')
  assert.is(get(table, colliding[3] as string), `row ${colliding[3]}`.toUpperCase())
  assert.equal(read, ['row 7', `row ${colliding[3]}`])
  const kept = JSON.stringify(table.root)
  assert.equal([kept.includes('"row 8"'), kept.includes('"row 7"')], [true, false], 'the text of a row that was read')
})

test('a row that nobody touches is never read', () => {
  const { table, read } = noting()
  let later = table
  for (let index = 0; index < 400; index++) later = set(later, `k${index}`, 'x')
  for (let index = 400; index < 450; index++) later = remove(later, `k${index}`)
  later = remove(set(later, colliding[0] as string, 'x'), colliding[1] as string)
  assert.is(get(later, 'not there'), undefined)
  assert.is(
    [...changes(table, set(later, 'k460', 'z'))].some(([key]) => key === 'k460'),
    true,
  )
  assert.equal(read, [])
})

test('a row that is replaced unread is not read afterwards', () => {
  const { table, read } = noting()
  assert.is(get(set(table, 'k2', 'x'), 'k2'), 'x')
  assert.equal(read, [])
})

test.run()
