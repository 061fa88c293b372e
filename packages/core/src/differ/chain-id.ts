import * as E from 'fp-ts/lib/Either.js'
import { digestForm } from '../model/descriptor.js'
import { invalidArgument, type InvalidArgument } from '../model/fault.js'
import { digestOf } from './digest.js'

const digestRule = 'must be sha256: and 64 lower-case hex digits'

/** The digest given, or an InvalidArgument that names `field`. */
export const decodeDigest = (field: string, digest: unknown): E.Either<InvalidArgument, string> =>
  typeof digest === 'string' && digestForm.test(digest)
    ? E.right(digest)
    : E.left(invalidArgument(field, digest, digestRule))

/**
 * Names a stack of layers by the digests of their uncompressed tars, the base layer first (OCI image specification, ChainID).
 * One layer's chain id is its own DiffID; that of no layers is `''`, which as a parent means none. InvalidArgument names the
 * index of a digest that is none.
 */
export const chainId = (diffIds: readonly string[]): E.Either<InvalidArgument, string> => {
  let chain = ''
  for (const [index, diffId] of diffIds.entries()) {
    const decoded = decodeDigest(`diffIds[${index}]`, diffId)
    if (E.isLeft(decoded)) return decoded
    chain = chain === '' ? decoded.right : digestOf(`${chain} ${decoded.right}`)
  }
  return E.right(chain)
}
