import type { Action } from './case.js'
import type { Random } from './random.js'

/** What a client may know when it asks: names and kinds, from answers and records so far. */
export type Known = {
  readonly snapshots: readonly {
    readonly name: string
    readonly kind: 'Active' | 'View' | 'Committed'
    readonly attached: boolean
  }[]
}

/** Few, so that clients get into one another's way. */
const keys = ['a', 'b', 'c', 'd', 'e', 'extract-1']
const names = ['one', 'two', 'three', 'four', 'five']
const files = ['f', 'g', 'd/f', 'd/g']

type Chance = { readonly random: Random; readonly client: number; readonly known: Known }

/** Mostly one of those that are there, sometimes any. */
const mostly = (random: Random, there: readonly string[], any: readonly string[]): string =>
  there.length === 0 || random.below(8) === 0 ? random.pick(any) : random.pick(there)

const namesOf = (known: Known, kind: string, attached?: boolean): readonly string[] =>
  known.snapshots
    .filter((one) => one.kind === kind && (attached === undefined || one.attached === attached))
    .map(({ name }) => name)

const isFree =
  (known: Known) =>
  (name: string): boolean =>
    !known.snapshots.some((one) => one.name === name)

const labelsOf = (random: Random): { readonly labels?: Readonly<Record<string, string>> } =>
  random.below(3) === 0 ? { labels: { [random.pick(['x', 'y'])]: random.pick(['1', '2', '']) } } : {}

const create = ({ random, known }: Chance): Action => {
  const parents = namesOf(known, 'Committed')
  const parent =
    parents.length > 0 && random.below(4) > 0 ? { parent: mostly(random, parents, [...names, ...keys]) } : {}
  const key = mostly(random, keys.filter(isFree(known)), keys)
  return { do: random.below(4) === 0 ? 'view' : 'prepare', key, ...parent, ...labelsOf(random) }
}

const commit = ({ random, known }: Chance): Action => {
  const parent = random.below(6) === 0 ? { parent: mostly(random, namesOf(known, 'Committed'), names) } : {}
  const givesUp = random.below(6) === 0 ? { givesUp: true } : {}
  const name = mostly(random, names.filter(isFree(known)), names)
  return { do: 'commit', name, key: mostly(random, namesOf(known, 'Active', false), keys), ...parent, ...givesUp }
}

const anyOf = ({ random, known }: Chance): string =>
  mostly(
    random,
    known.snapshots.map(({ name }) => name),
    [...keys, ...names],
  )

const detached = ({ random, known }: Chance): string =>
  mostly(random, [...namesOf(known, 'Active', false), ...namesOf(known, 'View', false)], keys)

const attached = ({ random, known }: Chance): string =>
  mostly(random, [...namesOf(known, 'Active', true), ...namesOf(known, 'View', true)], keys)

/** Each client writes in a folder of its own: what two write at once at one place is nobody's promise. */
const pathIn = ({ random, client }: Chance): string => `${client}/${random.pick(files)}`

const kinds: readonly (readonly [weight: number, make: (chance: Chance) => Action])[] = [
  [4, create],
  [3, commit],
  [2, (chance) => ({ do: 'remove', key: anyOf(chance) })],
  [
    2,
    ({ random, ...rest }) => ({
      do: 'update',
      name: anyOf({ random, ...rest }),
      labels: { [random.pick(['x', 'y'])]: random.pick(['1', '2', '']) },
    }),
  ],
  [3, (chance) => ({ do: 'attach', key: detached(chance) })],
  [
    4,
    (chance) => ({
      do: 'write',
      key: attached(chance),
      path: pathIn(chance),
      content: `${chance.random.below(1_000)}`,
    }),
  ],
  [
    1,
    (chance) => ({
      do: 'delete',
      key: attached(chance),
      path: chance.random.below(4) === 0 ? `${chance.client}` : pathIn(chance),
    }),
  ],
  [2, (chance) => ({ do: 'detach', key: attached(chance) })],
  [2, (chance) => ({ do: 'stat', key: anyOf(chance) })],
  [1, (chance) => ({ do: 'usage', key: anyOf(chance) })],
]

const bag = kinds.flatMap(([weight, make]) => Array.from({ length: weight }, () => make))

/** A command by chance. It may well be refused. */
export const nextAction = (random: Random, client: number, known: Known): Action => {
  if (random.below(150) === 0) return { do: random.pick(['cleanup', 'reopen'] as const) }
  return random.pick(bag)({ random, client, known })
}
