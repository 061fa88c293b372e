import * as E from 'fp-ts/lib/Either.js'
import type { Attachment } from '@varve/core/ports'
import type { Snapshotter } from '@varve/core'
import type { Action } from './case.js'
import type { Answered } from './checkers.js'
import { beginChange, type Change } from './content.js'
import type { Machine } from './machine.js'
import type { Waiting } from './scheduler.js'
import type { Known } from './commands.js'

type Answer = Answered['answer']

/** One who asks one thing after the other. */
export type Client = {
  readonly index: number
  asked: number
  /** The present command. */
  busy: { readonly action: Action; readonly by: string; readonly since: number } | undefined
  waiting: Waiting[]
  isDone: boolean
}

export const knownOf = ({ model }: Machine): Known => ({
  snapshots: Array.from(model.layers.values(), ({ name, kind, attachedBy }) => ({
    name,
    kind,
    attached: attachedBy !== undefined,
  })),
})

const settle = (change: Change, answer: Answer): Answer => {
  if (E.isRight(answer)) change.done()
  else if (answer.left._tag === 'BackendFault' || answer.left._tag === 'StoreFault') change.failed()
  else change.refused()
  return answer
}

const noAttachment = { _tag: 'NotFound', message: 'nobody attached it: not found' }

/** What a client does in files of what was attached last. */
const changeFiles = async (
  { model }: Machine,
  attachment: Attachment | undefined,
  action: Extract<Action, { readonly do: 'write' | 'delete' }>,
): Promise<Answer> => {
  if (attachment === undefined) return E.left(noAttachment)
  const { key, path } = action
  if (action.do === 'delete')
    return settle(beginChange(model, key, path, undefined), await attachment.files.remove(path)())
  const change = beginChange(model, key, path, action.content)
  return settle(change, await attachment.files.write(path, action.content)())
}

/** The fields that are there. */
const given = <T extends object>(fields: T): { readonly [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: NonNullable<T[K]>
  }

/** Asks a snapshotter. `signal` fires when the client gives up. */
export const ask = async (
  machine: Machine,
  snapshotter: Snapshotter,
  attachments: Map<string, Attachment>,
  action: Action,
  { by, signal }: { readonly by: string; readonly signal: AbortSignal | undefined },
): Promise<Answer> => {
  switch (action.do) {
    case 'prepare':
    case 'view': {
      const { do: verb, key, ...options } = action
      return snapshotter[verb](key, { ...options, by })()
    }
    case 'commit': {
      const { name, key, parent } = action
      return snapshotter.commit(name, key, { ...given({ parent, signal }), by })()
    }
    case 'attach': {
      const attached = await snapshotter.attach(action.key, { by })()
      if (E.isRight(attached)) attachments.set(action.key, attached.right)
      return E.map(({ path }: Attachment) => path)(attached)
    }
    case 'detach':
      return snapshotter.detach(action.key, { by })()
    case 'remove':
      return snapshotter.remove(action.key, { by })()
    case 'stat':
      return snapshotter.stat(action.key)()
    case 'usage':
      return snapshotter.usage(action.key)()
    case 'update':
      return snapshotter.update({ name: action.name, labels: action.labels }, action.paths ?? ['labels'], { by })()
    case 'cleanup':
      return snapshotter.cleanup()()
    case 'write':
    case 'delete':
      return changeFiles(machine, attachments.get(action.key), action)
    case 'reopen':
      return snapshotter.close()()
  }
}
