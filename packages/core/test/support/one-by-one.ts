import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import type { Backend, Command, Failure, Intent, Refused, Snapshotter } from '@varve/core'
import { commands } from './actions.js'
import { recordingBackend } from './memory.js'
import { infosOf } from './runtime.js'
import { randomFrom } from './random.js'

/** An apply is sent by its mounts, a cancel by a signal. */
export const isSent = ({ type }: Command): boolean => type !== 'Apply' && type !== 'Cancel'

/** Calls the face as a command says. */
export const send = (snapshotter: Snapshotter, command: Command): Promise<E.Either<Refused, unknown>> => {
  switch (command.type) {
    case 'Prepare':
    case 'View': {
      const { type, key, ...options } = command
      return (type === 'Prepare' ? snapshotter.prepare : snapshotter.view)(key, options)()
    }
    case 'Commit': {
      const { type: _type, name, key, ...options } = command
      return snapshotter.commit(name, key, options)()
    }
    case 'Remove':
      return snapshotter.remove(command.key)()
    case 'Update':
      return snapshotter.update({ name: command.name, labels: command.labels ?? {} }, command.paths)()
    case 'Attach':
      return snapshotter.attach(command.key)()
    case 'Detach':
      return snapshotter.detach(command.key)()
    case 'Apply':
    case 'Cancel':
      throw new Error(`${command.type} is not sent by name`)
  }
}

/**
 * A backend that answers in an order of its own. Whether an intent fails hangs on the snapshot and the kind of work alone, so
 * that it is the same in whatever order commands are taken.
 */
export const moodyBackend = (start: number): Backend => {
  const random = randomFrom(start)
  const made = new Map<number, string>()
  const failure = (intent: Intent): Failure | undefined => {
    if (intent.type === 'CreateLayer') made.set(intent.layer, intent.key)
    const name = intent.type === 'SealLayer' ? intent.name : (made.get(intent.layer) ?? '')
    const isRefused = intent.type !== 'DestroyLayer' && name.includes(`bad ${intent.type}`)
    return isRefused ? { _tag: 'BackendFault', message: `${intent.type} of ${name}`, code: 5 } : undefined
  }
  return recordingBackend(async (intent) => {
    const failed = failure(intent)
    const turns = Math.floor(random() * 6)
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
    return failed
  })
}

const badKeys = ['bad CreateLayer', 'bad AttachLayer', 'bad DetachLayer', 'bad RetireLayer'] as const

const withFailures = (command: Command, which: number): Command => {
  if (command.type === 'Commit') {
    return which === 0 && (command.parent ?? '') === '' ? { ...command, name: 'bad SealLayer' } : command
  }
  if (!('key' in command) || command.key !== 'b') return command
  return { ...command, key: badKeys[which % badKeys.length] ?? 'b' }
}

const leavesParent = (command: Command): boolean =>
  (command.type === 'Prepare' || command.type === 'View') && command.key === 'bad CreateLayer'

/**
 * Commands some of which fail. One that fails to be made has no parent: while it is pending it counts as a child (rules A1), so
 * that a removal of the parent sent meanwhile is refused, which one sent afterwards is not.
 */
export const commandList: fc.Arbitrary<readonly Command[]> = fc
  .array(fc.tuple(commands.filter(isSent), fc.nat(7)), { minLength: 15, maxLength: 60 })
  .map((all) =>
    all
      .map(([command, which]) => withFailures(command, which))
      .map((command) => (leavesParent(command) ? { ...command, parent: '' } : command)),
  )

/** How a command ended, and with what words. The count of children may be that of a moment earlier. */
export const told = (result: E.Either<Refused, unknown>): string =>
  E.isLeft(result)
    ? `${result.left._tag}: ${result.left.message.replace(/\d+ snapshots? stands? on it/, 'snapshots stand on it')}`
    : 'done'

/** All snapshots, without their times. */
export const shapesOf = async (snapshotter: Snapshotter): Promise<unknown> =>
  [...(await infosOf(snapshotter)).values()].map(({ name, kind, parent, labels }) => ({ name, kind, parent, labels }))
