import * as E from 'fp-ts/lib/Either.js'
import { type Rejection, invalidArgument } from '../model/fault.js'
import type { Profile } from '../model/snapshot.js'
import { type LayerAndParents, layerOfField } from './mounts.js'

const lowerOf = (lower: unknown, profile: Profile): E.Either<Rejection, LayerAndParents> =>
  E.mapLeft((rejection: Rejection) =>
    rejection._tag === 'Unimplemented'
      ? invalidArgument('lower', lower, `must be mounts of the same kind as upper (${rejection.message})`)
      : rejection,
  )(layerOfField(lower, profile, 'lower'))

const stackOf = (lower: LayerAndParents, upper: LayerAndParents): E.Either<Rejection, readonly string[]> => {
  const { layer, parents } = upper
  if (layer === null)
    return E.left(invalidArgument('upper', layer, 'must stand for a layer, not for a read-only view of nothing'))
  if (lower.layer === null)
    return parents.length === 0
      ? E.right([layer])
      : E.left(invalidArgument('upper', parents, 'must have no parents, because lower is a view of nothing'))
  const expected = [lower.layer, ...lower.parents]
  if (parents.length !== expected.length) {
    const rule = `must have the layer of lower and its parents below it: ${expected.length}, not ${parents.length}`
    return E.left(invalidArgument('upper', parents, rule))
  }
  const odd = expected.findIndex((path, index) => parents[index] !== path)
  return odd === -1
    ? E.right([layer, ...parents])
    : E.left(invalidArgument(`upper.parents[${odd}]`, parents[odd], `must be ${JSON.stringify(expected[odd])}`))
}

/**
 * The directories that a comparison of two snapshots reads: the upper layer first, the base layer last, by containerd's rules
 * (`mountPairToLayerStack`). `lower` are the mounts of a view of the upper one's parent. InvalidArgument unless the upper
 * layer stands directly on the lower one; paths are compared as text. Unimplemented only for a mount type in `upper`.
 */
export const layerStack = (
  lower: unknown,
  upper: unknown,
  profile: Profile,
): E.Either<Rejection, readonly string[]> => {
  const upperLayer = layerOfField(upper, profile, 'upper')
  if (E.isLeft(upperLayer)) return upperLayer
  const lowerLayer = lowerOf(lower, profile)
  return E.isLeft(lowerLayer) ? lowerLayer : stackOf(lowerLayer.right, upperLayer.right)
}
