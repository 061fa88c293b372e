import type { Either } from 'fp-ts/lib/Either.js'
import type { Rejection } from '../src/model/fault.js'
import type { Profile } from '../src/model/snapshot.js'
import { equal } from './assert.js'
import type { Case } from './case.js'
import {
  first,
  second,
  bind,
  third,
  type Expected,
  invalid,
  is,
  layer,
  layerOfTable,
  mount,
  on,
  unimplemented,
} from './differ-layers.js'

/** What a differ case is run with: the two functions of a differ. */
export type DifferSubject = {
  readonly layerOf: (
    mounts: unknown,
    profile: Profile,
  ) => Either<Rejection, { readonly layer: string | null; readonly parents: readonly string[] }>
  readonly layerStack: (lower: unknown, upper: unknown, profile: Profile) => Either<Rejection, readonly string[]>
}

/** One row: what a pair of mounts is compared as, by profile. */
export type LayerStackRow = {
  readonly name: string
  readonly lower: unknown
  readonly upper: unknown
  readonly expected: Partial<Readonly<Record<Profile, Expected<readonly string[]>>>>
}

const both = (expected: Expected<readonly string[]>): LayerStackRow['expected'] => ({
  bind: expected,
  'windows-layer': expected,
})
const nothing = { bind: bind(`${third}\\Files`, 'ro', on()), 'windows-layer': layer(third, 'ro') }

/** containerd's `mountPairToLayerStack`, row by row. */
export const layerStackTable: readonly LayerStackRow[] = [
  {
    name: 'upper of an unknown type',
    lower: layer(third, 'ro', on(first)),
    upper: [mount('overlay', second)],
    expected: both(unimplemented),
  },
  {
    name: 'both of an unknown type',
    lower: [mount('overlay', first)],
    upper: [mount('overlay', second)],
    expected: both(unimplemented),
  },
  { name: 'upper is empty', lower: layer(third, 'ro', on(first)), upper: [], expected: both(invalid('upper')) },
  { name: 'both are empty', lower: [], upper: [], expected: both(invalid('upper')) },
  { name: 'upper is nonsense', lower: layer(third, 'ro', on(first)), upper: 'upper', expected: both(invalid('upper')) },
  {
    name: 'lower of an unknown type',
    lower: [mount('overlay', first)],
    upper: layer(second, 'rw', on(first)),
    expected: both(invalid('lower')),
  },
  { name: 'lower is empty', lower: [], upper: layer(second, 'rw', on(first)), expected: both(invalid('lower')) },
  {
    name: 'lower is empty and upper parentless',
    lower: [],
    upper: layer(first, 'rw'),
    expected: both(invalid('lower')),
  },
  {
    name: 'lower with malformed parents',
    lower: layer(third, 'ro', 'parentLayerPaths=1'),
    upper: layer(second, 'rw', on(first)),
    expected: both(invalid('lower[0].options[1]')),
  },
  {
    name: 'a writable parentless bind on nothing',
    lower: nothing.bind,
    upper: bind(`${first}\\Files`, 'rw', on()),
    expected: { bind: is([first]), 'windows-layer': unimplemented },
  },
  {
    name: 'a writable parentless unpack bind on nothing',
    lower: nothing.bind,
    upper: bind(first, 'rw', on()),
    expected: { bind: is([first]), 'windows-layer': unimplemented },
  },
  {
    name: 'a bind below a windows-layer',
    lower: nothing.bind,
    upper: layer(first, 'rw'),
    expected: { bind: is([first]), 'windows-layer': invalid('lower') },
  },
  {
    name: 'a writable parentless layer on nothing',
    lower: nothing['windows-layer'],
    upper: layer(first, 'rw'),
    expected: { 'windows-layer': is([first]), bind: invalid('lower[0].options') },
  },
  {
    name: 'a committed parentless layer on nothing',
    lower: nothing['windows-layer'],
    upper: layer(second, 'ro', on(first)),
    expected: { 'windows-layer': is([first]) },
  },
  {
    name: 'a committed parentless layer on nothing that is a bind',
    lower: nothing.bind,
    upper: layer(second, 'ro', on(first)),
    expected: { bind: is([first]) },
  },
  {
    name: 'nothing on nothing',
    lower: nothing['windows-layer'],
    upper: nothing['windows-layer'],
    expected: { 'windows-layer': invalid('upper') },
  },
  {
    name: 'nothing on nothing, both binds',
    lower: nothing.bind,
    upper: nothing.bind,
    expected: { bind: invalid('upper'), 'windows-layer': unimplemented },
  },
  {
    name: 'nothing on a layer',
    lower: layer(third, 'ro', on(first)),
    upper: nothing['windows-layer'],
    expected: { 'windows-layer': invalid('upper') },
  },
  {
    name: 'a layer with parents on nothing',
    lower: nothing['windows-layer'],
    upper: layer(second, 'rw', on(first)),
    expected: { 'windows-layer': invalid('upper') },
  },
  {
    name: 'a layer with parents on nothing that is a bind',
    lower: nothing.bind,
    upper: layer(second, 'rw', on(first)),
    expected: { bind: invalid('upper') },
  },
  {
    name: 'a parentless layer on a layer',
    lower: layer(third, 'ro', on(first)),
    upper: layer(second, 'rw'),
    expected: both(invalid('upper')),
  },
  {
    name: 'an active layer on its parent',
    lower: layer(third, 'ro', on(first)),
    upper: layer(second, 'rw', on(first)),
    expected: both(is([second, first])),
  },
  {
    name: 'a committed layer on its parent',
    lower: layer('C:\\view-1', 'ro', on(first)),
    upper: layer('C:\\view-2', 'ro', on(second, first)),
    expected: both(is([second, first])),
  },
  {
    name: 'an active layer on two',
    lower: layer('C:\\view', 'ro', on(second, first)),
    upper: layer(third, 'rw', on(second, first)),
    expected: both(is([third, second, first])),
  },
  {
    name: 'on another layer',
    lower: layer('C:\\view', 'ro', on(third)),
    upper: layer(second, 'rw', on(first)),
    expected: both(invalid('upper.parents[0]')),
  },
  {
    name: 'on its parent in other letters',
    lower: layer('C:\\view', 'ro', on(first.toLowerCase())),
    upper: layer(second, 'rw', on(first)),
    expected: both(invalid('upper.parents[0]')),
  },
  {
    name: 'one parent more',
    lower: layer('C:\\view', 'ro', on(second)),
    upper: layer(third, 'rw', on(second, first)),
    expected: both(invalid('upper')),
  },
  {
    name: 'one parent less',
    lower: layer('C:\\view', 'ro', on(second, first)),
    upper: layer(third, 'rw', on(second)),
    expected: both(invalid('upper')),
  },
  {
    name: 'another grandparent',
    lower: layer('C:\\view', 'ro', on(second, 'C:\\other')),
    upper: layer(third, 'rw', on(second, first)),
    expected: both(invalid('upper.parents[1]')),
  },
]

const judge = (name: string, found: Either<Rejection, unknown>, expected: Expected<unknown>): void => {
  if ('is' in expected) return equal(name, found, { _tag: 'Right', right: expected.is })
  const { _tag, ...refusal } = found._tag === 'Left' ? found.left : { _tag: 'an answer', answer: found.right }
  equal(`${name}: refusal ${JSON.stringify(refusal)}`, _tag, expected.refused)
  if ('field' in expected) equal(`${name}: field`, 'field' in refusal ? refusal.field : undefined, expected.field)
}

const differCase = (name: string, judgeWith: (subject: DifferSubject) => void): Case<DifferSubject> => ({
  name,
  run: async (open) => judgeWith(await open()),
})

const profiles = ['bind', 'windows-layer'] as const

/** The decision tables of a differ, row by row and profile by profile. */
export const differCases: readonly Case<DifferSubject>[] = profiles.flatMap((profile) => [
  ...layerOfTable.map(({ name, mounts, expected }) =>
    differCase(`differ/${profile}/layer of ${name}`, ({ layerOf }) =>
      judge(name, layerOf(mounts, profile), expected[profile]),
    ),
  ),
  ...layerStackTable.flatMap(({ name, lower, upper, expected: { [profile]: expected } }) =>
    expected === undefined
      ? []
      : differCase(`differ/${profile}/stack of ${name}`, ({ layerStack }) =>
          judge(name, layerStack(lower, upper, profile), expected),
        ),
  ),
])
