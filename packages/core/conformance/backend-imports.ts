import type { Failure } from '../src/model/fault.js'
import type { SnapshotId } from '../src/model/snapshot.js'
import type { Backend, ByteStream } from '../src/runtime/ports.js'
import { equal, ok } from './assert.js'
import {
  type BackendCase,
  backendCase,
  baseTree,
  fails,
  fill,
  intents,
  onBase,
  openBackend,
  perform,
  reopened,
  seenThroughView,
  throughView,
  withTar,
} from './backend-rig.js'
import { runsOf } from './backend-runs.js'
import type { Scenario } from './backend-scenario.js'
import {
  baseSample,
  childSample,
  exported,
  isEmpty,
  isImported,
  namesOf,
  sameNames,
  type Sample,
  says,
  sealApplied,
  tarOfSample,
  unpacked,
  unpackLayer,
} from './backend-tars.js'
import { chunked, joined, sameBytes, streamOf } from './bytes.js'
import { sameTree, type Tree } from './content.js'
import { item, type Item, misnamed, offsetAfter, tarOf, timesAt } from './layer-tars.js'
import { right } from './ports.js'
import type { BackendSubject } from './subject.js'

const { folder, file, link, symlink, whiteout } = item

const importOf = (name: string, sample: Sample): Scenario => ({
  name,
  before: (backend, layer) => unpackLayer(backend, layer, sample.parents),
  intent: (layer) => intents.import(layer, sample),
  tar: tarOfSample(sample),
  check: async (backend, layer, result) => {
    equal('entries', 'entries' in result ? result.entries : undefined, sample.items.length)
    const { size } = await right('usage', backend.usage(layer))
    equal('size', 'usage' in result ? result.usage.size : undefined, size)
    await isImported(backend, layer, sample)
  },
})

export const imports: readonly Scenario[] = [
  importOf('import a base layer', baseSample),
  importOf('import a layer with a parent', childSample),
]

const times = onBase('imported files have the times of the tar', async (backend) => {
  const tar = tarOf(folder('Files'), file('Files/old', 'o', { times: timesAt(900_000_000) }))
  for (const [layer, parents] of [
    [2, []],
    [3, [1]],
  ] as const) {
    await unpacked(backend, layer, parents, tar)
    await sealApplied(backend, layer, parents)
    const { modified } = await throughView(backend, [layer, ...parents], (files) => files.stat('old'))
    equal('modified, in microseconds', modified / 1_000n, timesAt(900_000_000).modified / 1_000n)
  }
})

const linkTimes = onBase('a link to a file of the parents has the time of that file', async (backend) => {
  const old = file('Files/old', 'o', { times: timesAt(900_000_000) })
  await unpacked(backend, 2, [], tarOf(folder('Files'), old))
  await sealApplied(backend, 2)
  await unpacked(backend, 3, [2], tarOf(folder('Files'), link('Files/again', 'Files/old')))
  await sealApplied(backend, 3, [2])
  const { modified } = await throughView(backend, [3, 2], (files) => files.stat('again'))
  equal('modified, in microseconds', modified / 1_000n, timesAt(900_000_000).modified / 1_000n)
})

const deeper = onBase('a tar may name what is not in the nearest parent', async (backend) => {
  await perform(backend, intents.create(2, { parents: [1] }))
  await fill(backend, 2, { parents: [1] }, (files) => files.remove('kept'))
  await perform(backend, intents.seal(2, { parents: [1] }))
  const tars: readonly (readonly [tar: readonly Item[], changes: Tree, gone?: string])[] = [
    [[link('Files/again', 'Files/folder/deep')], { again: 'file of the base' }],
    [[link('Files/folder/again', 'Files/folder/deep')], { 'folder/again': 'file of the base' }],
    [[file('Files/folder/new', 'n')], { 'folder/new': 'file n' }],
    [[whiteout('Files/folder/deep')], {}, 'folder/deep'],
    [[whiteout('Files/both/no folder')], {}],
  ]
  const { kept: _kept, ...below } = baseTree
  for (const [index, [items, changes, gone]] of tars.entries()) {
    const layer = 3 + index
    await unpacked(backend, layer, [2, 1], tarOf(folder('Files'), ...items))
    await sealApplied(backend, layer, [2, 1])
    const expected = Object.entries({ ...below, ...changes }).filter(([path]) => path !== gone)
    sameTree(`a view of layer ${layer}`, await seenThroughView(backend, [layer, 2, 1]), Object.fromEntries(expected))
  }
  await unpackLayer(backend, 99, [2, 1])
  const hidden = withTar(tarOf(folder('Files'), link('Files/again', 'Files/kept')))
  await fails('a link to what is hidden', backend, intents.import(99, { parents: [2, 1] }), hidden, 'InvalidArgument')
})

const toItsEnd = onBase('a tar is read to its end, zeros behind it too', async (backend) => {
  for (const { parents, items } of [baseSample, childSample]) {
    const layer = 2 + parents.length
    await unpackLayer(backend, layer, parents)
    const tar = joined(tarOf(...items), new Uint8Array(20_480))
    const stream = streamOf(chunked(tar, 512))
    await perform(backend, intents.import(layer, { parents }), { tar: stream })
    equal('bytes read, end seen', [stream.pulled(), stream.isClosed()], [tar.length, true])
  }
})

/** In front of what is wrong. The link leads to the base layer's own files. */
const front: readonly Item[] = [folder('Files'), file('Files/a', 'a'), symlink('Files/link', '..\\..\\1\\Files')]
const behind = file('Files/z', 'behind it')

type Wrong = { readonly entry: string; readonly tar: Uint8Array }

const wrong = (one: Item): Wrong => ({ entry: one.entry.name, tar: tarOf(...front, one, behind) })

const wrongName = (one: Item, entry: string): Wrong => ({
  entry,
  tar: misnamed(tarOf(...front, one, behind), one.entry.name, entry),
})

/** Tars whose fourth entry can't enter a layer. */
const wrongs: readonly Wrong[] = [
  wrong(link('Files/x', 'Files/nowhere')),
  wrong(file('Files/link/lower', 'through a link')),
  wrong(folder('Files/a/x')),
  wrong(file('Files/A', 'another spelling')),
  wrongName(file('Files/zz/x', 'outside'), 'Files/../x'),
  wrongName(file('Files/vhdx', 'outside'), 'blank.vhdx'),
]

/** An entry is named as the tar has it. */
const wrongsOfBase: readonly Wrong[] = [...wrongs, { ...wrong(whiteout('Files/gone')), entry: 'Files/.wh.gone' }]

type Run = {
  readonly subject: BackendSubject
  readonly backend: Backend
  readonly layer: SnapshotId
  readonly parents: readonly SnapshotId[]
}

/** An import that must fail and leave the layer empty, and nothing else. */
const failing = async (
  { subject, backend, layer, parents }: Run,
  what: string,
  tar: ByteStream<Failure>,
  tag: Failure['_tag'],
): Promise<Failure> => {
  const names = await namesOf(subject)
  const failure = await fails(what, backend, intents.import(layer, { parents }), { tar }, tag)
  await isEmpty(backend, layer, parents)
  await sameNames(what, subject, names)
  return failure
}

const place = (failure: Failure): unknown => ('offset' in failure ? [failure.entry, failure.offset] : failure)

/** Both kinds of layer, each filled in the end, while the base layer stays what it is. */
const onBoth = (name: string, body: (run: Run) => Promise<void>): BackendCase =>
  onBase(name, async (backend, subject) => {
    const base = await exported(backend, 1)
    for (const sample of [baseSample, childSample]) {
      const { parents } = sample
      const run = { subject, backend, layer: 2 + parents.length, parents }
      await unpackLayer(backend, run.layer, parents)
      await body(run)
      await perform(backend, { ...intents.import(run.layer, { parents }), id: '99' }, withTar(tarOfSample(sample)))
      await isImported(backend, run.layer, sample)
    }
    sameBytes('the tar of the base layer', await exported(backend, 1), base)
    const { found } = await reopened(subject)
    const ids = found.map(({ id }) => id)
    equal('layers found', ids, [1, 2, 3])
  })

const refused = onBoth('a tar that can not enter a layer', async (run) => {
  for (const { entry, tar } of run.parents.length === 0 ? wrongsOfBase : wrongs) {
    const failure = await failing(run, `a tar with ${entry}`, streamOf(chunked(tar, 700)), 'InvalidArgument')
    equal('entry, offset', place(failure), [entry, offsetAfter(...front)])
  }
})

const cutOff = onBoth('a tar that ends too early', async (run) => {
  const tar = tarOf(...front, behind)
  for (const length of [512, offsetAfter(...front) + 100, offsetAfter(...front, behind) - 510]) {
    const failure = await failing(run, `${length} bytes`, streamOf([tar.slice(0, length)]), 'InvalidArgument')
    ok('it says where', 'offset' in failure && failure.offset <= length, failure)
  }
})

const tooMany = onBoth('a tar of more entries than it may have', async ({ backend, layer, parents }) => {
  const intent = intents.import(layer, { parents })
  const limited = { ...intent, limits: { ...intent.limits, entries: 3 } }
  const failure = await fails('4 entries', backend, limited, withTar(tarOf(...front, behind)), 'InvalidArgument')
  equal('entry, offset', place(failure), ['Files/z', offsetAfter(...front)])
  await isEmpty(backend, layer, parents)
  await perform(backend, limited, withTar(tarOf(...front)))
})

const failures: readonly Failure[] = [
  { _tag: 'BackendFault', message: 'the source went away', code: 0x8007001f },
  { _tag: 'InvalidArgument', message: 'the blob is another: invalid argument', field: 'descriptor', value: '"other"' },
]

const brokenStream = onBoth('a tar whose stream fails, at its very end too', async (run) => {
  const chunks = chunked(tarOf(...front, behind), 512)
  for (const fault of failures)
    for (const length of [0, 5, chunks.length]) {
      const tar = streamOf<Failure>(
        chunks.slice(0, length).map((chunk) => chunk.slice()),
        fault,
      )
      equal('failure', await failing(run, `a Left after ${length} chunks`, tar, fault._tag), fault)
    }
})

const anew = onBoth('an import removes what an earlier one left', async ({ backend, layer, parents }) => {
  const other = tarOf(...front, file('Files/dir', 'a file here'), file('Files/stray', 's', { attributes: 0x27 }))
  await perform(backend, intents.import(layer, { parents }), withTar(other))
  await says('the tar of it', backend, layer, parents, {
    a: 'file a',
    dir: 'file a file here',
    link: 'symlink ..\\..\\1\\Files',
    stray: 'file s',
  })
})

const config = 'Windows/System32/config'

/** A hive of the backend's own, with a mark in the free cell at its end. */
const markedHive = async (backend: Backend): Promise<Uint8Array> => {
  const hive = await throughView(backend, [1], (files) => files.read(`${config}/SAM`))
  hive.set(new TextEncoder().encode('of the tar'), hive.length - 16)
  return hive
}

const hives = onBase('sealing a base layer keeps the hives of its tar', async (backend) => {
  const hive = await markedHive(backend)
  const folders = ['', '/Windows', '/Windows/System32', `/${config}`].map((path) => folder(`Files${path}`))
  await unpacked(backend, 2, [], tarOf(...folders, file(`Files/${config}/SYSTEM`, hive)))
  await sealApplied(backend, 2)
  const [found, names] = await throughView(backend, [2], async (files) => [
    await files.read(`${config}/SYSTEM`),
    await files.list(config),
  ])
  sameBytes('the hive', found, hive)
  equal('hives', names, ['DEFAULT', 'SAM', 'SECURITY', 'SOFTWARE', 'SYSTEM'])
})

const carries = backendCase('others stand on an imported base layer', async (subject) => {
  const { backend } = subject
  await openBackend(backend)
  await unpacked(backend, 1, [], tarOfSample(baseSample))
  await sealApplied(backend, 1)
  await perform(backend, intents.create(2, { parents: [1] }))
  await fill(backend, 2, { parents: [1] }, async (files) => {
    await files.write('dir/more', 'm')
    await files.remove('large')
  })
  await perform(backend, intents.seal(2, { parents: [1] }))
  await unpacked(backend, 3, [2, 1], tarOf(folder('Files'), whiteout('Files/empty'), link('Files/x', 'Files/dir/more')))
  await sealApplied(backend, 3, [2, 1])
  const { empty: _empty, large: _large, ...left } = baseSample.view
  sameTree('a view', await seenThroughView(backend, [3, 2, 1]), { ...left, 'dir/more': 'file m', x: 'file m' })
  sameTree('a view of the base layer', await seenThroughView((await reopened(subject)).backend, [1]), baseSample.view)
})

/** What every Backend must do with a tar that comes in. */
export const importCases: readonly BackendCase[] = [
  ...imports.flatMap(runsOf),
  times,
  linkTimes,
  deeper,
  toItsEnd,
  refused,
  cutOff,
  tooMany,
  brokenStream,
  anew,
  hives,
  carries,
]
