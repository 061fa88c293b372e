import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { notFound, type Backend, type Files, type FilesError } from '@varve/core'
import { recordingBackend } from './memory.js'

/** Content that is a Map of texts; enough to see which calls come through. */
const mapFiles = (content: Map<string, string>): Files => {
  const at =
    <R>(path: string, answer: (text: string) => R): TaskEither<FilesError, R> =>
    async () => {
      const text = content.get(path)
      return text === undefined ? E.left(notFound(path)) : E.right(answer(text))
    }
  const done =
    (change: () => unknown): TaskEither<FilesError, void> =>
    async () => {
      change()
      return E.right(undefined)
    }
  return {
    read: (path) => at(path, (text) => new TextEncoder().encode(text)),
    write: (path, text) => done(() => content.set(path, String(text))),
    list: () => async () => E.right([...content.keys()].sort()),
    stat: (path) => at(path, (text) => ({ type: 'file', size: text.length, modified: 7n })),
    remove: (path) => done(() => content.delete(path)),
    rename: (from, to) => done(() => content.set(to, content.get(from) ?? '')),
    link: (existing, path) => done(() => content.set(path, content.get(existing) ?? '')),
    symlink: (target, path) => done(() => content.set(path, `-> ${target}`)),
  }
}

/** A backend whose layers hold texts. */
export const filesBackend = (): Backend => {
  const layers = new Map<number, Map<string, string>>()
  return {
    ...recordingBackend(),
    files: ({ id }) => {
      const content = layers.get(id) ?? new Map<string, string>()
      layers.set(id, content)
      return { path: `/layers/mounts/${id}`, files: mapFiles(content) }
    },
  }
}
