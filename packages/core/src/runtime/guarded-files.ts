import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { failedPrecondition, type FailedPrecondition } from '../model/fault.js'
import type { Attachment, Files, FilesError } from './ports.js'

/** The same files, each call of which is refused once the snapshot is no longer attached as it was. */
export const guardedFiles = (attachment: Attachment, key: string, isStillAttached: () => boolean): Attachment => {
  const refusal = (): FailedPrecondition =>
    failedPrecondition(`files of snapshot ${key}: it is no longer attached, attach it again`)
  const guarded =
    <A extends readonly unknown[], R>(call: (...args: A) => TaskEither<FilesError, R>) =>
    (...args: A): TaskEither<FilesError, R> =>
    async () =>
      isStillAttached() ? call(...args)() : E.left(refusal())
  const { read, write, list, stat, remove, rename, link, symlink } = attachment.files
  const files: Files = {
    read: guarded(read),
    write: guarded(write),
    list: guarded(list),
    stat: guarded(stat),
    remove: guarded(remove),
    rename: guarded(rename),
    link: guarded(link),
    symlink: guarded(symlink),
  }
  return { path: attachment.path, files }
}
