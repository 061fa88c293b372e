import { equal } from './assert.js'
import { committed, idOf, type SnapshotterCase, snapshotterCase, walkedNames } from './fixtures.js'
import type { PromiseSnapshotter } from './subject.js'

/** A command that is sent without waiting for those before it, and how it ends. */
type Sent = readonly [what: string, send: (snapshotter: PromiseSnapshotter) => Promise<unknown>, ends: string]

type Race = {
  readonly name: string
  readonly sent: readonly Sent[]
  /** The names that a walk shows at last. */
  readonly left: readonly string[]
}

const prepare = (key: string, parent: string, ends = 'done'): Sent => [
  `prepare ${key}`,
  (snapshotter) => snapshotter.prepare(key, { parent }),
  ends,
]
const view = (key: string, parent: string, ends = 'done'): Sent => [
  `view ${key}`,
  (snapshotter) => snapshotter.view(key, { parent }),
  ends,
]
const commit = (name: string, key: string, ends = 'done'): Sent => [
  `commit ${key} as ${name}`,
  (snapshotter) => snapshotter.commit(name, key),
  ends,
]
const remove = (key: string, ends = 'done'): Sent => [`remove ${key}`, (snapshotter) => snapshotter.remove(key), ends]
const attach = (key: string, ends = 'done'): Sent => [`attach ${key}`, (snapshotter) => snapshotter.attach(key), ends]
const detach = (key: string, ends = 'done'): Sent => [`detach ${key}`, (snapshotter) => snapshotter.detach(key), ends]
const update = (name: string, ends = 'done'): Sent => [
  `update ${name}`,
  (snapshotter) => snapshotter.update({ name, labels: { a: '1' } }),
  ends,
]

/** From a store with `base` (Committed), `k1` and `k2` (Active, on nothing). Each ends as if sent one by one. */
const races: readonly Race[] = [
  {
    name: 'two commits of one key',
    sent: [commit('n1', 'k1'), commit('n2', 'k1', 'NotFound')],
    left: ['base', 'k2', 'n1'],
  },
  {
    name: 'two commits of one key to one name',
    sent: [commit('n', 'k1'), commit('n', 'k1', 'NotFound')],
    left: ['base', 'k2', 'n'],
  },
  {
    name: 'two commits to one name',
    sent: [commit('n', 'k1'), commit('n', 'k2', 'AlreadyExists')],
    left: ['base', 'k2', 'n'],
  },
  {
    name: 'two prepares of one key',
    sent: [prepare('new', ''), prepare('new', '', 'AlreadyExists')],
    left: ['base', 'k1', 'k2', 'new'],
  },
  {
    name: 'a prepare and a view of one key',
    sent: [prepare('new', 'base'), view('new', 'base', 'AlreadyExists')],
    left: ['base', 'k1', 'k2', 'new'],
  },
  {
    name: 'a prepare under a name that is being committed',
    sent: [commit('n', 'k1'), prepare('n', '', 'AlreadyExists'), prepare('k1', '')],
    left: ['base', 'k1', 'k2', 'n'],
  },
  {
    name: 'a commit to a key that is being prepared',
    sent: [prepare('new', ''), commit('new', 'k1', 'AlreadyExists')],
    left: ['base', 'k1', 'k2', 'new'],
  },
  {
    name: 'a prepare on what is being committed',
    sent: [commit('n', 'k1'), prepare('new', 'n'), remove('n', 'FailedPrecondition')],
    left: ['base', 'k2', 'n', 'new'],
  },
  {
    name: 'a prepare on what is being prepared',
    sent: [prepare('new', ''), prepare('other', 'new', 'InvalidArgument')],
    left: ['base', 'k1', 'k2', 'new'],
  },
  {
    name: 'a chain from nothing and back',
    sent: [
      prepare('a', ''),
      commit('b', 'a'),
      prepare('c', 'b'),
      commit('d', 'c'),
      view('e', 'd'),
      update('e'),
      remove('b', 'FailedPrecondition'),
      remove('e'),
      remove('d'),
      remove('b'),
    ],
    left: ['base', 'k1', 'k2'],
  },
  {
    name: 'a removal of what a child is being prepared on',
    sent: [prepare('new', 'base'), remove('base', 'FailedPrecondition')],
    left: ['base', 'k1', 'k2', 'new'],
  },
  {
    name: 'a removal of a parent whose child is being removed',
    sent: [prepare('new', 'base'), commit('top', 'new'), remove('top'), remove('base')],
    left: ['k1', 'k2'],
  },
  {
    name: 'a prepare on what is being removed',
    sent: [remove('base'), prepare('new', 'base', 'NotFound')],
    left: ['k1', 'k2'],
  },
  {
    name: 'a prepare under a key that is being removed',
    sent: [remove('k1'), prepare('k1', 'base')],
    left: ['base', 'k1', 'k2'],
  },
  { name: 'two removals', sent: [remove('k1'), remove('k1', 'NotFound')], left: ['base', 'k2'] },
  {
    name: 'a removal of what is being committed',
    sent: [commit('n', 'k1'), remove('k1', 'NotFound'), remove('n')],
    left: ['base', 'k2'],
  },
  {
    name: 'a removal of what is being prepared',
    sent: [prepare('new', 'base'), remove('new'), remove('base')],
    left: ['k1', 'k2'],
  },
  {
    name: 'a commit of what is being attached',
    sent: [attach('k1'), commit('n', 'k1', 'FailedPrecondition')],
    left: ['base', 'k1', 'k2'],
  },
  {
    name: 'attach, detach, commit',
    sent: [attach('k1'), attach('k1'), detach('k1'), detach('k1'), commit('n', 'k1')],
    left: ['base', 'k2', 'n'],
  },
  {
    name: 'an attachment of what is being committed',
    sent: [commit('n', 'k1'), attach('k1', 'NotFound')],
    left: ['base', 'k2', 'n'],
  },
  {
    name: 'a removal of what is being attached',
    sent: [attach('k1'), remove('k1'), detach('k1', 'NotFound')],
    left: ['base', 'k2'],
  },
  {
    name: 'an update of what is being prepared',
    sent: [prepare('new', ''), update('new')],
    left: ['base', 'k1', 'k2', 'new'],
  },
  {
    name: 'a refusal before what it would have blocked',
    sent: [prepare('new', 'missing', 'NotFound'), prepare('new', 'base')],
    left: ['base', 'k1', 'k2', 'new'],
  },
]

const ending = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: { readonly _tag?: string; readonly message?: string }) => error._tag ?? String(error.message),
  )

const raceCase = ({ name, sent, left }: Race): SnapshotterCase =>
  snapshotterCase(`concurrency/${name}`, async (snapshotter) => {
    await committed(snapshotter, 'base')
    await snapshotter.prepare('k1')
    await snapshotter.prepare('k2')
    const endings = await Promise.all(sent.map(([, send]) => ending(send(snapshotter))))
    const asText = (ends: readonly string[]): readonly string[] =>
      ends.map((end, index) => `${sent[index]?.[0]}: ${end}`)
    equal('endings', asText(endings), asText(sent.map(([, , ends]) => ends)))
    equal('what is left', await walkedNames(snapshotter), left)
    await snapshotter.cleanup()
    equal('what is outstanding', await snapshotter.outstanding(), [])
  })

const crowd = snapshotterCase('concurrency/a hundred prepares on one parent', async (snapshotter) => {
  await committed(snapshotter, 'base')
  const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`)
  const mounts = await Promise.all(keys.map((key) => snapshotter.prepare(key, { parent: 'base' })))
  equal('different ids', new Set(mounts.map(idOf)).size, 100)
  equal('what a walk shows', await walkedNames(snapshotter), [...keys, 'base'].sort())
  await Promise.all(keys.map((key) => snapshotter.remove(key)))
  await snapshotter.remove('base')
  equal('what is left', await walkedNames(snapshotter), [])
})

/** Commands sent without waiting end as if they had been sent one by one. */
export const concurrencyCases: readonly SnapshotterCase[] = [...races.map(raceCase), crowd]
