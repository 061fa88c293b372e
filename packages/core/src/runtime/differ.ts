import * as E from 'fp-ts/lib/Either.js'
import { failedPrecondition } from '../model/fault.js'
import type { Profile } from '../model/snapshot.js'
import type { Engine } from './engine.js'
import type { Backend, Codecs, Content } from './ports.js'
import type { Refused } from './face.js'
import type { Blobs } from './unpack.js'

/** What apply and compare work with. */
export type Differ = {
  readonly engine: Engine
  readonly backend: Backend
  readonly blobs: Blobs
  readonly profile: Profile
}

/** Both, or why there is nothing to be done without them. */
export const blobsFor = (
  asked: string,
  { content, codecs }: Blobs,
): E.Either<Refused, { readonly content: Content; readonly codecs: Codecs }> =>
  content === undefined || codecs === undefined
    ? E.left(
        failedPrecondition(`${asked}: openSnapshotter was given no ${content === undefined ? 'content' : 'codecs'}`),
      )
    : E.right({ content, codecs })

/** A name for a blob being written that nobody else uses. */
export const ownRef = (verb: string, engine: Engine): string =>
  `${verb}-${engine.journal.accepted.log}-${engine.clock.now()}-${++engine.begun}`
