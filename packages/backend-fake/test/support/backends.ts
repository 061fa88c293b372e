import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Attachment, Backend, Failure, Intent, Progress, Result, SnapshotId } from '@varve/core/ports'
import { fakeBackend, type PlannedFault } from '../../src/index.js'
import { thisLog } from './worlds.js'

/** A backend of either kind with a root of its own. */
export type Kind = (faults?: readonly PlannedFault[]) => { readonly backend: Backend; readonly remove: () => void }

export const kinds: Readonly<Record<'memory' | 'disk', Kind>> = {
  memory: (faults = []) => ({ backend: fakeBackend({ faults }), remove: () => undefined }),
  disk: (faults = []) => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), 'varve-backend-'))
    return { backend: fakeBackend({ root, faults }), remove: () => fs.rmSync(root, { recursive: true }) }
  },
}

/** What a task has to answer. */
export const right = async <T>(task: TaskEither<{ readonly message: string }, T>): Promise<T> => {
  const answer = await task()
  if (E.isLeft(answer)) throw new Error(answer.left.message)
  return answer.right
}

/** What a task has to fail with. */
export const left = async <F>(task: TaskEither<F, unknown>): Promise<F> => {
  const answer = await task()
  if (E.isRight(answer)) throw new Error('it was expected to fail and succeeded')
  return answer.left
}

export const open = (
  backend: Backend,
  log = thisLog,
): TaskEither<Failure, { readonly quarantined: readonly string[] }> => backend.open({ log, unclaimed: async () => [] })

export const execute = (
  backend: Backend,
  intent: Intent,
  signal = new AbortController().signal,
  progress: (progress: Progress) => void = () => undefined,
): TaskEither<Failure, Result> => backend.execute(intent, { signal, progress })

/** Layer 1 is the parentless one. */
export const attachmentOf = (backend: Backend, id: SnapshotId): Attachment =>
  backend.files({ id, kind: 'Active', isParentless: id === 1 })

/** Opens a backend of that kind, and closes it and removes its root in the end. */
export const withBackend = async (
  kind: Kind,
  body: (backend: Backend) => Promise<void>,
  faults: readonly PlannedFault[] = [],
): Promise<void> => {
  const { backend, remove } = kind(faults)
  try {
    await right(open(backend))
    await body(backend)
  } finally {
    await right(backend.close())
    remove()
  }
}
