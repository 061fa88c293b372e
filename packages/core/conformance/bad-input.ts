import { equal, rejects } from './assert.js'
import { committed, idOf, invalid, recordsNothing, type SnapshotterCase, snapshotterCase, walked } from './fixtures.js'
import type { PromiseSnapshotter } from './subject.js'

/** What plain JavaScript may pass where TypeScript would not. */
const untyped = (value: unknown): never => value as never

type Call = (snapshotter: PromiseSnapshotter) => Promise<unknown>
/** A bad call and the field that its InvalidArgument names. */
type BadCall = readonly [what: string, field: string, call: Call]

/** Names that can't be keys: the limit is 4,096 bytes of UTF-8. */
const badNames: readonly (readonly [what: string, name: unknown])[] = [
  ['a number', 7],
  ['undefined', undefined],
  ['null', null],
  ['an object', { toString: () => 'key' }],
  ['an array', ['key']],
  ['a symbol', Symbol('key')],
  ['a bigint', 7n],
  ['4,097 bytes', 'x'.repeat(4_097)],
  ['4,098 bytes in 2,049 letters', 'é'.repeat(2_049)],
  ['4,098 bytes in 1,366 letters', '層'.repeat(1_366)],
  ['a megabyte', 'x'.repeat(1_048_576)],
  ['a NUL', 'a\0b'],
  ['a lone high surrogate', 'a\ud800'],
  ['a lone low surrogate', '\udc00a'],
  ['turned surrogates', '\udc00\ud800'],
  ['__proto__', '__proto__'],
]

const named = badNames.flatMap(([what, name]): readonly BadCall[] => {
  const bad = untyped(name)
  return [
    [`prepare ${what}`, 'key', (snapshotter) => snapshotter.prepare(bad)],
    [`view ${what}`, 'key', (snapshotter) => snapshotter.view(bad)],
    [`commit as ${what}`, 'name', (snapshotter) => snapshotter.commit(bad, 'active')],
    [`commit of ${what}`, 'key', (snapshotter) => snapshotter.commit('new', bad)],
    [`remove ${what}`, 'key', (snapshotter) => snapshotter.remove(bad)],
    [`update ${what}`, 'name', (snapshotter) => snapshotter.update({ name: bad })],
    [`attach ${what}`, 'key', (snapshotter) => snapshotter.attach(bad)],
    [`detach ${what}`, 'key', (snapshotter) => snapshotter.detach(bad)],
    [`stat ${what}`, 'key', (snapshotter) => snapshotter.stat(bad)],
    [`mounts ${what}`, 'key', (snapshotter) => snapshotter.mounts(bad)],
    [`usage ${what}`, 'key', (snapshotter) => snapshotter.usage(bad)],
    [`plan ${what}`, 'key', (snapshotter) => snapshotter.plan({ type: 'Prepare', key: bad })],
  ]
})

const asParents = badNames
  .filter(([, name]) => name !== undefined)
  .flatMap(([what, name]): readonly BadCall[] => {
    const parent = untyped(name)
    return [
      [`prepare on ${what}`, 'parent', (snapshotter) => snapshotter.prepare('new', { parent })],
      [`view on ${what}`, 'parent', (snapshotter) => snapshotter.view('new', { parent })],
      [`commit on ${what}`, 'parent', (snapshotter) => snapshotter.commit('new', 'active', { parent })],
    ]
  })

const pairs = (count: number, length: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [String(index).padStart(8, '0'), 'x'.repeat(length - 8)]),
  )

/** Labels that are refused: a pair may have 4,096 bytes, a snapshot 1,024 labels and 256 KiB of them. */
const badLabels: readonly (readonly [what: string, field: string, labels: unknown])[] = [
  ['text', 'labels', 'a=1'],
  ['null', 'labels', null],
  ['a number', 'labels', 7],
  ['an array', 'labels', ['a']],
  ['a number as a value', 'labels.a', { a: 7 }],
  ['null as a value', 'labels.a', { a: null }],
  ['undefined as a value', 'labels.a', { a: undefined }],
  ['an object as a value', 'labels.a', { a: {} }],
  ['a value under an empty key', 'labels', { '': 'x' }],
  ['a pair of 4,097 bytes', 'labels.a', { a: 'x'.repeat(4_096) }],
  ['a pair of 4,097 bytes in letters of two', 'labels.a', { a: 'é'.repeat(2_048) }],
  ['a NUL in a value', 'labels.a', { a: 'x\0' }],
  ['a lone surrogate in a value', 'labels.a', { a: '\udfff' }],
  ['__proto__ as a key', 'labels.__proto__', JSON.parse('{"__proto__":"x"}')],
  ['1,025 labels', 'labels', pairs(1_025, 10)],
  ['100,000 labels', 'labels', pairs(100_000, 10)],
  ['more than 256 KiB', 'labels', { ...pairs(64, 4_096), a: '' }],
]

const labelled = badLabels.flatMap(([what, field, given]): readonly BadCall[] => {
  const labels = untyped(given)
  return [
    [`prepare with labels: ${what}`, field, (snapshotter) => snapshotter.prepare('new', { labels })],
    [`view with labels: ${what}`, field, (snapshotter) => snapshotter.view('new', { labels })],
    [`commit with labels: ${what}`, field, (snapshotter) => snapshotter.commit('new', 'active', { labels })],
    [`update with labels: ${what}`, field, (snapshotter) => snapshotter.update({ name: 'active', labels })],
    [
      `update one of labels: ${what}`,
      field,
      (snapshotter) => snapshotter.update({ name: 'active', labels }, ['labels.z']),
    ],
  ]
})

const others: readonly BadCall[] = [
  ['options that are text', 'options', (snapshotter) => snapshotter.prepare('new', untyped('x'))],
  ['options that are null', 'options', (snapshotter) => snapshotter.prepare('new', untyped(null))],
  ['an unknown option', 'parnet', (snapshotter) => snapshotter.prepare('new', untyped({ parnet: 'committed' }))],
  [
    'an unknown option of commit',
    'purpose',
    (snapshotter) => snapshotter.commit('new', 'active', untyped({ purpose: 'unpack' })),
  ],
  ['an unknown option of remove', 'force', (snapshotter) => snapshotter.remove('active', untyped({ force: true }))],
  ['an unknown option of attach', 'labels', (snapshotter) => snapshotter.attach('active', untyped({ labels: {} }))],
  [
    'an unknown option of update',
    'parent',
    (snapshotter) => snapshotter.update({ name: 'active' }, [], untyped({ parent: '' })),
  ],
  ['another type', 'type', (snapshotter) => snapshotter.prepare('new', untyped({ type: 'View' }))],
  ['another key', 'key', (snapshotter) => snapshotter.prepare('new', untyped({ key: 'other' }))],
  ['an unknown purpose', 'purpose', (snapshotter) => snapshotter.prepare('new', untyped({ purpose: 'other' }))],
  ['an empty purpose', 'purpose', (snapshotter) => snapshotter.view('new', untyped({ purpose: '' }))],
  ['who asks is a number', 'by', (snapshotter) => snapshotter.prepare('new', untyped({ by: 7 }))],
  ['who asks has 4,097 bytes', 'by', (snapshotter) => snapshotter.prepare('new', { by: 'x'.repeat(4_097) })],
  ['who asks has a NUL', 'by', (snapshotter) => snapshotter.remove('active', { by: '\0' })],
  ['a signal that is none', 'signal', (snapshotter) => snapshotter.prepare('new', untyped({ signal: {} }))],
  ['a signal that is text', 'signal', (snapshotter) => snapshotter.remove('active', untyped({ signal: 'x' }))],
  ['an empty key', 'key', (snapshotter) => snapshotter.prepare('')],
  ['an empty key of a view', 'key', (snapshotter) => snapshotter.view('')],
  ['an empty name', 'name', (snapshotter) => snapshotter.commit('', 'active')],
  ['no info', 'info', (snapshotter) => snapshotter.update(untyped(undefined))],
  ['info without a name', 'name', (snapshotter) => snapshotter.update(untyped({}))],
  ['field paths that are text', 'paths', (snapshotter) => snapshotter.update({ name: 'active' }, untyped('labels'))],
  ['field paths that are null', 'paths', (snapshotter) => snapshotter.update({ name: 'active' }, untyped(null))],
  [
    'a field path that is a number',
    'paths[1]',
    (snapshotter) => snapshotter.update({ name: 'active' }, untyped(['labels', 7])),
  ],
  ['a field path with a NUL', 'paths[0]', (snapshotter) => snapshotter.update({ name: 'active' }, ['labels.\0'])],
  [
    'a field path to __proto__',
    'paths[0]',
    (snapshotter) => snapshotter.update({ name: 'active' }, ['labels.__proto__']),
  ],
  ['a plan of nothing', 'command', (snapshotter) => snapshotter.plan(untyped(undefined))],
  ['a plan without a type', 'type', (snapshotter) => snapshotter.plan(untyped({ key: 'active' }))],
  ['a plan of an unknown type', 'type', (snapshotter) => snapshotter.plan(untyped({ type: 'Destroy', key: 'active' }))],
  [
    'a plan of an inherited name',
    'type',
    (snapshotter) => snapshotter.plan(untyped({ type: 'toString', key: 'active' })),
  ],
  [
    'a plan with an unknown field',
    'id',
    (snapshotter) => snapshotter.plan(untyped({ type: 'Remove', key: 'active', id: 1 })),
  ],
]

const filtered: readonly BadCall[] = (
  [
    ['filters that are text', 'filters', 'kind==active'],
    ['filters that are null', 'filters', null],
    ['a filter that is a number', 'filters[1]', ['name', 7]],
    ['a filter that is null', 'filters[0]', [null]],
    ['a malformed filter', 'filters[1]', ['name', 'name=']],
    ['a filter of 4,097 bytes', 'filters[0]', [`name==${'x'.repeat(4_091)}`]],
    ['a filter of 4,097 bytes in letters of two', 'filters[0]', [`name==x${'é'.repeat(2_045)}`]],
    ['a filter of a megabyte', 'filters[0]', ['x'.repeat(1_048_576)]],
    ['65 filters', 'filters', Array.from({ length: 65 }, () => 'name')],
  ] as const
).map(([what, field, filters]) => [what, field, (snapshotter) => walked(snapshotter, untyped(filters))])

const badCase = (name: string, calls: readonly BadCall[]): SnapshotterCase =>
  snapshotterCase(`bad input/${name}`, async (snapshotter) => {
    await committed(snapshotter, 'committed')
    const before = Number(idOf(await snapshotter.prepare('active')))
    for (const [what, field, call] of calls)
      await recordsNothing(what, snapshotter, () => invalid(what, call(snapshotter), field))
    equal('what is owed', await snapshotter.outstanding(), [])
    equal('the next id', Number(idOf(await snapshotter.prepare('next'))), before + 1)
  })

const limits = snapshotterCase('bad input/what is just within the limits is taken', async (snapshotter) => {
  for (const key of ['x'.repeat(4_096), 'é'.repeat(2_048), '\u{1F600}'.repeat(1_024)]) {
    await snapshotter.prepare(key)
    equal('name', (await snapshotter.stat(key)).name, key)
  }
  const taken = {
    'one pair of 4,096 bytes': { a: 'x'.repeat(4_095) },
    '1,024 labels': pairs(1_024, 10),
    '256 KiB': pairs(64, 4_096),
  }
  for (const [key, labels] of Object.entries(taken)) {
    await snapshotter.prepare(key, { labels })
    equal(`labels: ${key}`, (await snapshotter.stat(key)).labels, labels)
  }
  equal('a filter of 4,096 bytes', await walked(snapshotter, [`name==${'y'.repeat(4_090)}`]), [])
  const filters = [...Array.from({ length: 63 }, () => 'name==y'), 'name=="256 KiB"']
  equal(
    '64 filters',
    (await walked(snapshotter, filters)).map((info) => info.name),
    ['256 KiB'],
  )
})

const replacedType = snapshotterCase(
  'bad input/an info can not turn an update into another command',
  async (snapshotter) => {
    await snapshotter.prepare('active')
    const disguised = { name: 'active', type: 'Remove', key: 'active', labels: { a: '1' } }
    await snapshotter.update(untyped(disguised)).catch(() => undefined)
    equal('kind', (await snapshotter.stat('active')).kind, 'Active')
  },
)

const inherited = snapshotterCase('bad input/labels from a prototype are no labels', async (snapshotter) => {
  const labels = untyped(Object.create({ inherited: 'x' }, { own: { value: '1', enumerable: true } }))
  await snapshotter.prepare('key', { labels })
  equal('labels', (await snapshotter.stat('key')).labels, { own: '1' })
  await rejects('the key of a prototype', snapshotter.stat('hasOwnProperty'), 'NotFound')
})

/** Input that is refused as InvalidArgument and leaves no trace. */
export const badInputCases: readonly SnapshotterCase[] = [
  badCase('names', named),
  badCase('names of parents', asParents),
  badCase('labels', labelled),
  badCase('options and fields', others),
  badCase('filters', filtered),
  limits,
  replacedType,
  inherited,
]
