import * as E from 'fp-ts/lib/Either.js'
import { type Rejection, invalidArgument, shown, unimplemented } from '../model/fault.js'
import { readParentLayerPaths } from '../model/mount-options.js'
import type { Mount, Profile } from '../model/snapshot.js'

/**
 * What a snapshot's mounts say to a differ. `layer` is its directory, `null` for the null layer: the empty side that a first
 * layer is compared with. `parents` are the directories below it, nearest first, the base layer last.
 */
export type LayerAndParents = { readonly layer: string | null; readonly parents: readonly string[] }

type ReadMount = Pick<Mount, 'type' | 'source' | 'options'>

const acceptedTypes: Readonly<Record<Profile, readonly string[]>> = {
  bind: ['windows-layer', 'bind'],
  'windows-layer': ['windows-layer'],
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** A `bind` mount's source is the `Files` folder of its layer, except that of an unpack snapshot. */
const layerOfBind = (source: string): string => /^(.+)[\\/]Files$/s.exec(source)?.[1] ?? source

const readMount = (mounts: unknown, profile: Profile, field: string): E.Either<Rejection, ReadMount> => {
  if (!Array.isArray(mounts)) return E.left(invalidArgument(field, mounts, 'must be an array of one mount'))
  if (mounts.length !== 1) return E.left(invalidArgument(field, mounts, 'must hold exactly one mount'))
  const mount: unknown = mounts[0]
  const at = `${field}[0]`
  if (typeof mount !== 'object' || mount === null) return E.left(invalidArgument(at, mount, 'must be a mount'))
  const { type, source, options } = mount as Readonly<Record<string, unknown>>
  if (!isText(type)) return E.left(invalidArgument(`${at}.type`, type, 'must be a non-empty string'))
  if (!isText(source)) return E.left(invalidArgument(`${at}.source`, source, 'must be a non-empty string'))
  if (!Array.isArray(options)) return E.left(invalidArgument(`${at}.options`, options, 'must be an array of strings'))
  const odd = options.findIndex((option) => typeof option !== 'string')
  if (odd !== -1) return E.left(invalidArgument(`${at}.options[${odd}]`, options[odd], 'must be a string'))
  const accepted = acceptedTypes[profile]
  return type === 'windows-layer' || (type === 'bind' && accepted.includes(type))
    ? E.right({ type, source, options })
    : E.left(unimplemented(`${at}.type ${shown(type)}: the ${profile} profile reads ${accepted.join(' and ')}`))
}

/** A read-only mount stands for what is below it: its own directory holds nothing that a differ wants. */
const belowReadOnly = (
  mount: ReadMount,
  parents: readonly string[],
  profile: Profile,
  field: string,
): E.Either<Rejection, LayerAndParents> => {
  const [nearest, ...below] = parents
  const at = `${field}[0].options`
  if (mount.type === 'bind')
    return nearest === undefined
      ? E.right({ layer: null, parents })
      : E.left(invalidArgument(at, parents, 'of a read-only bind mount must name no parents'))
  if (nearest !== undefined) return E.right({ layer: nearest, parents: below })
  return profile === 'windows-layer'
    ? E.right({ layer: null, parents })
    : E.left(invalidArgument(at, mount.options, 'of a read-only windows-layer mount must name its parents'))
}

/** As `layerOf`; `field` is the name under which the caller was given the mounts. */
export const layerOfField = (
  mounts: unknown,
  profile: Profile,
  field: string,
): E.Either<Rejection, LayerAndParents> => {
  const mount = readMount(mounts, profile, field)
  if (E.isLeft(mount)) return mount
  const { type, source, options } = mount.right
  const parents = readParentLayerPaths(options, `${field}[0].options`)
  if (E.isLeft(parents)) return parents
  if (options.includes('ro')) return belowReadOnly(mount.right, parents.right, profile, field)
  return E.right({ layer: type === 'bind' ? layerOfBind(source) : source, parents: parents.right })
}

/**
 * The layer that mounts stand for and the layers below it, by containerd's rules (`mountsToLayerAndParents`). A read-only
 * mount stands for its nearest parent, or for the null layer. `mounts` may be anything a caller sent: InvalidArgument unless
 * it is one mount of the form that the profile gives, Unimplemented for a mount type that the profile doesn't know.
 */
export const layerOf = (mounts: unknown, profile: Profile): E.Either<Rejection, LayerAndParents> =>
  layerOfField(mounts, profile, 'mounts')
