import { type Dice, diceFrom } from './dice.js'
import type { Script, Step } from './script.js'
import { changesIn, follow, type MayShow } from './script-changes.js'
import { makeTar } from './script-tars.js'

/** What the scripts that are made may have. */
export type ScriptOptions = {
  /** Default: true. */
  readonly symlinks?: boolean
  /**
   * Whether entries that came with a tar get other names, and others are made in their place. Default: true. A world on a host knows what
   * only Windows knows of an entry by its name, Windows by the entry itself.
   */
  readonly moves?: boolean
  /** About how many steps. Default: 30. */
  readonly length?: number
}

type Purpose = 'scratch' | 'unpack'

/** An Active or View, and what it may show. */
type Opened = MayShow & {
  readonly kind: 'prepare' | 'view'
  readonly purpose: Purpose
  readonly parent: string
}

/** What the maker thinks is there. It may be wrong: then a command is refused, which is compared too. */
type Guess = {
  readonly dice: Dice
  readonly symlinks: boolean
  readonly moves: boolean
  readonly steps: Step[]
  readonly opened: Map<string, Opened>
  readonly committed: Map<string, MayShow>
}

const keys = ['a', 'b', 'c', 'extract-1 x', 'd é']
const names = ['one', 'two', 'three', 'four', 'five']

/** Once in a while anything, else one of those that are there. */
const mostly = (dice: Dice, there: readonly string[], any: readonly string[]): string =>
  there.length === 0 || dice.once(20) ? dice.pick(any) : dice.pick(there)

const labelsOf = ({ dice }: Guess): { readonly labels?: Readonly<Record<string, string>> } => {
  if (!dice.once(6)) return {}
  const size = dice.pick(['1', '30000000000', 'x', '-1'])
  return { labels: dice.pick([{ l: 'v' }, { l: '' }, { 'containerd.io/snapshot/windows/rootfs.sizebytes': size }]) }
}

const keysOf = ({ opened }: Guess, purpose: Purpose): readonly string[] =>
  [...opened].filter((one) => one[1].purpose === purpose).map(([key]) => key)

/** What layers over one another may show, the upper ones behind. */
const together = (...layers: readonly (MayShow | undefined)[]): MayShow => ({
  paths: new Map(layers.flatMap((layer) => [...(layer?.paths ?? [])])),
  fixed: new Set(layers.flatMap((layer) => [...(layer?.fixed ?? [])])),
  gone: new Set(layers.flatMap((layer) => [...(layer?.gone ?? [])])),
  linked: new Set(layers.flatMap((layer) => [...(layer?.linked ?? [])])),
})

const create = (guess: Guess): void => {
  const { dice, steps, opened, committed } = guess
  const free = keys.filter((key) => !opened.has(key))
  const key = mostly(dice, free, keys)
  const layers = [...committed.keys()]
  const deepest = dice.once(2) ? layers : layers.slice(-1)
  const parent = layers.length > 0 && !dice.once(4) ? mostly(dice, deepest, [...names, key]) : ''
  const kind = dice.once(6) ? 'view' : 'prepare'
  const given = dice.once(5) ? { purpose: dice.pick(['scratch', 'unpack'] as const) } : {}
  steps.push({ do: kind, key, ...(parent === '' ? {} : { parent }), ...given, ...labelsOf(guess) })
  const purpose = given.purpose ?? (key.startsWith('extract-') ? 'unpack' : 'scratch')
  if (!opened.has(key)) opened.set(key, { kind, purpose, parent, ...together(committed.get(parent)) })
  if (purpose === 'unpack' && !dice.once(3)) apply(guess, key)
}

/** Attach, some changes, and mostly detach. */
const session = (guess: Guess): void => {
  const { dice, steps, opened } = guess
  const scratches = keysOf(guess, 'scratch')
  if (scratches.length === 0) return create(guess)
  const key = mostly(dice, scratches, keys)
  steps.push({ do: 'attach', key })
  const shown = opened.get(key)
  const count = shown?.kind === 'view' ? 1 : 2 + dice.roll(6)
  steps.push(...changesIn(dice, key, shown ?? together(), { count, symlinks: guess.symlinks }))
  if (!dice.once(6)) steps.push({ do: 'detach', key })
}

const commit = (guess: Guess): void => {
  const { dice, steps, opened, committed } = guess
  if (opened.size === 0) return create(guess)
  const key = mostly(dice, [...opened.keys()], keys)
  const name = mostly(
    dice,
    names.filter((one) => !committed.has(one)),
    names,
  )
  const given = dice.once(opened.get(key)?.parent === '' ? 3 : 15)
  const parent = given ? { parent: mostly(dice, [...committed.keys()], [...names, key]) } : {}
  steps.push({ do: 'commit', name, key, ...parent, ...labelsOf(guess) })
  const shown = opened.get(key)
  if (shown?.kind !== 'prepare' || committed.has(name)) return
  opened.delete(key)
  committed.set(name, together(committed.get(parent.parent ?? ''), shown))
}

const apply = ({ dice, steps, opened, symlinks, moves }: Guess, key: string): void => {
  const { parent, ...shown } = opened.get(key) ?? { parent: '', ...together() }
  const tar = makeTar(dice, { isBase: parent === '', symlinks, shown, moves })
  steps.push({ do: 'apply', key, tar })
  follow(shown, tar, moves)
}

const applyAgain = (guess: Guess): void => {
  const unpacks = keysOf(guess, 'unpack')
  if (unpacks.length === 0) create(guess)
  else apply(guess, mostly(guess.dice, unpacks, keys))
}

/** A layer on the one that was committed last: most of what can go wrong needs several. */
const grow = (guess: Guess): void => {
  const { dice, steps, opened, committed } = guess
  const key = keys.find((one) => !opened.has(one))
  const name = names.find((one) => !committed.has(one))
  if (key === undefined || name === undefined) return session(guess)
  const parent = [...committed.keys()].at(-1) ?? ''
  const purpose = dice.pick(['scratch', 'unpack'] as const)
  steps.push({ do: 'prepare', key, ...(parent === '' ? {} : { parent }), purpose })
  const shown = together(committed.get(parent))
  opened.set(key, { kind: 'prepare', purpose, parent, ...shown })
  if (purpose === 'unpack') apply(guess, key)
  else {
    steps.push({ do: 'attach', key })
    steps.push(...changesIn(dice, key, shown, { count: 3 + dice.roll(4), symlinks: guess.symlinks }))
    steps.push({ do: 'detach', key })
  }
  steps.push({ do: 'commit', name, key })
  opened.delete(key)
  committed.set(name, shown)
}

const existing = ({ dice, opened, committed }: Guess): string =>
  mostly(dice, [...opened.keys(), ...committed.keys()], [...keys, ...names])

const remove = (guess: Guess): void => {
  const key = existing(guess)
  guess.steps.push({ do: 'remove', key })
  // One that others stand on stays.
  if (![...guess.opened.values()].some(({ parent }) => parent === key)) guess.opened.delete(key)
}

const update = (guess: Guess): void => {
  const paths = guess.dice.pick([{}, { paths: ['labels'] }, { paths: ['labels.l'] }, { paths: ['parent'] }])
  const labels = guess.dice.pick([{}, { l: 'w' }, { l: '', m: 'x' }])
  guess.steps.push({ do: 'update', name: existing(guess), labels, ...paths })
}

const compare = (guess: Guess): unknown =>
  guess.steps.push({ do: 'compare', lower: existing(guess), upper: existing(guess) })

const possible: readonly (readonly [weight: number, move: (guess: Guess) => unknown])[] = [
  [6, grow],
  [3, create],
  [5, session],
  [3, commit],
  [1, applyAgain],
  [1, remove],
  [1, update],
  [1, compare],
  [1, ({ dice, steps }) => steps.push({ do: dice.pick(['cleanup', 'reopen'] as const) })],
]
const bag = possible.flatMap(([weight, move]) => Array.from({ length: weight }, () => move))

/** A script that depends on the seed and the options alone. */
export const makeScript = (
  seed: number,
  { symlinks = true, moves = true, length = 30 }: ScriptOptions = {},
): Script => {
  const dice = diceFrom(seed)
  const guess: Guess = { dice, symlinks, moves, steps: [], opened: new Map(), committed: new Map() }
  while (guess.steps.length < length) dice.pick(bag)(guess)
  return guess.steps
}
