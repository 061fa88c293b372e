import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { equal, ok, rejects } from '../conformance/assert.js'
import {
  backendCases,
  contentCases,
  differCases,
  layerDepthCases,
  metadataCases,
  snapshotterCases,
  storeCases,
} from '../conformance/index.js'

const messageOf = (check: () => void): string => {
  try {
    check()
  } catch (error) {
    return (error as Error).message
  }
  return ''
}
const rejectionOf = (check: Promise<unknown>): Promise<string> =>
  check.then(
    () => '',
    (error: Error) => error.message,
  )
const refusal = (tag: string, message: string): Error => Object.assign(new Error(message), { _tag: tag })

const equals: readonly (readonly [unknown, unknown])[] = [
  [1, 1],
  [Number.NaN, Number.NaN],
  [{ a: [1, { b: 2n }] }, { a: [1, { b: 2n }] }],
  [
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ],
  [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
]
const differents: readonly (readonly [unknown, unknown])[] = [
  [1, '1'],
  [0, -0],
  [null, {}],
  [[], {}],
  [[1], [1, 2]],
  [{ a: undefined }, {}],
  [{ a: undefined }, { b: undefined }],
  [{ toString: undefined }, {}],
  [new Uint8Array([1, 2]), new Uint8Array([1, 3])],
  [new Uint8Array([1]), [1]],
  [new Uint8Array([1]), { 0: 1 }],
]

test('equal compares values and structures', () => {
  for (const [a, b] of equals)
    assert.is(
      messageOf(() => equal('it', a, b)),
      '',
    )
  for (const [a, b] of differents) {
    assert.match(
      messageOf(() => equal('it', a, b)),
      /^it: expected /,
    )
    assert.match(
      messageOf(() => equal('it', b, a)),
      /^it: expected /,
    )
  }
})

test('equal says expected and found, shortened', () => {
  assert.is(
    messageOf(() => equal('the sum', { n: 3n }, { n: 4n })),
    'the sum: expected {"n":"4n"}, found {"n":"3n"}',
  )
  assert.is(
    messageOf(() => equal('it', undefined, 'x')),
    'it: expected "x", found "(undefined)"',
  )
  const long = messageOf(() => equal('it', 'x'.repeat(100_000), ''))
  assert.ok(long.length < 2_200, String(long.length))
})

test('ok says what it was judged by', () => {
  assert.is(
    messageOf(() => ok('it', true, 1)),
    '',
  )
  assert.is(
    messageOf(() => ok('it is small', false, { n: 7 })),
    'it is small: expected it to hold, found {"n":7}',
  )
})

test('rejects wants an Error with the tag, the text and containerd’s words', async () => {
  const found = await rejects(
    'it',
    Promise.reject(refusal('NotFound', 'snapshot x: not found')),
    'NotFound',
    'snapshot x',
  )
  assert.is(found._tag, 'NotFound')
  await rejects('it', Promise.reject(refusal('Closed', 'the snapshotter was closed')), 'Closed')
  const wrong: readonly (readonly [Promise<unknown>, string])[] = [
    [Promise.resolve(7), 'NotFound'],
    [Promise.reject(refusal('Closed', 'snapshot x: not found')), 'NotFound'],
    [Promise.reject(refusal('NotFound', 'no such snapshot')), 'NotFound'],
    [Promise.reject(refusal('NotFound', 'snapshot y: not found')), 'NotFound'],
    [Promise.reject(new Error('snapshot x: not found')), 'NotFound'],
    [Promise.reject({ _tag: 'NotFound', message: 'snapshot x: not found' }), 'NotFound'],
  ]
  for (const [promise, tag] of wrong)
    assert.match(
      await rejectionOf(rejects('it', promise, tag, 'snapshot x')),
      /^it: expected a rejection NotFound with /,
    )
  assert.match(await rejectionOf(rejects('it', Promise.resolve(7), 'NotFound')), /found {"resolved":7}$/)
})

/** The names of containerd's suites, without the three tests about Unix modes that it skips on Windows. */
const fieldNames = [
  'Basic StatActive StatComitted TransitivityTest PreareViewFailingtest Update Remove Walk LayerFileupdate',
  'RemoveDirectoryInLowerLayer RemoveIntermediateSnapshot DeletedFilesInChildSnapshot MoveFileFromLowerLayer',
  'ViewReadonly StatInWalk CloseTwice Rename 128LayersMount',
]
const metastoreNames = [
  'GetInfo GetInfoNotExist GetInfoEmptyDB Walk GetSnapshot GetSnapshotNotExist GetSnapshotCommitted GetSnapshotEmptyDB',
  'CreateActive CreateActiveNotExist CreateActiveExist CreateActiveFromActive Commit CommitNotExist CommitExist',
  'CommitCommitted CommitViewFails Remove RemoveNotExist RemoveWithChildren ParentIDs Rebase',
]
const words = (lines: readonly string[]): readonly string[] => lines.join(' ').split(' ')

test('the field’s own cases are all there', () => {
  const names = new Set(snapshotterCases.map((one) => one.name))
  for (const name of [...words(fieldNames), ...words(metastoreNames).map((one) => `metastore/${one}`)])
    assert.ok(names.has(name), name)
  assert.is(words(fieldNames).length, 18)
  assert.is(words(metastoreNames).length, 22)
})

test('no two cases have one name, and the groups are the whole', () => {
  for (const cases of [backendCases, differCases, snapshotterCases, storeCases]) {
    const names = cases.map((one) => one.name)
    assert.equal([...new Set(names)], names)
  }
  assert.equal(snapshotterCases, [...metadataCases, ...contentCases, ...layerDepthCases])
})

test.run()
