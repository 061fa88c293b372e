import * as E from 'fp-ts/lib/Either.js'
import { openSnapshotter, replay, type Refused, type Snapshotter } from '@varve/core'
import type { Intent } from '@varve/core/ports'
import type { Struck } from './chooser.js'
import { notePowerLoss } from './content.js'
import { damageLog } from './damage.js'
import { backendOfProcess } from './intents.js'
import { befall } from './mishaps.js'
import { look, see, violate, type Run } from './running.js'
import { clockOf } from './scheduler.js'
import { begin } from './sending.js'

/** The process ends, however it does. Who waited for an answer gets none. */
const endProcess = (run: Run): void => {
  const { machine, clients, attachments } = run
  machine.scheduler.endProcess()
  machine.log.endProcess()
  machine.hanging.clear()
  machine.goneFor = 0
  machine.isDying = false
  run.isOver = false
  run.snapshotter = undefined
  run.processes++
  attachments.clear()
  for (const client of clients) {
    for (const waiting of client.waiting) machine.scheduler.leave(waiting)
    client.waiting = []
    client.busy = undefined
  }
  for (const { seq, text } of machine.log.records) if (seq > machine.model.seq) see(run, text)
}

const opened = (run: Run, snapshotter: Snapshotter): void => {
  const { machine, damage } = run
  machine.trace.add('opened', `${snapshotter.recovered.length}`)
  if (damage !== undefined) {
    const isFound = damage.mayOpen && E.isLeft(replay(machine.log.records.map(({ text }) => text)))
    if (!isFound) violate(run, 'damage is refused', `${damage.is}, and the log was opened`)
    damage.undo()
    run.damage = undefined
  }
  run.snapshotter = run.wrap.snapshotter?.(snapshotter) ?? snapshotter
  look(run, 'opened')
  if (!run.isResting) for (const client of run.clients) begin(run, client)
}

/** Without its message, which may have words of the host in it. */
const told = (fault: Refused): string => `${fault._tag} ${'code' in fault ? fault.code : ''}`

const refused = (run: Run, fault: Refused): void => {
  const { machine, damage } = run
  machine.trace.add('refused', told(fault))
  if (damage?.mayOpen === true && fault._tag === 'BackendFault') return restart(run)
  if (damage !== undefined) {
    const isRight = fault._tag === 'StoreFault' && damage.codes.includes(fault.code)
    if (!isRight) violate(run, 'damage is refused', `${damage.is}, and opening ended with ${JSON.stringify(fault)}`)
    damage.undo()
    run.damage = undefined
  } else if (
    machine.isCalm ||
    (fault._tag !== 'BackendFault' && !(fault._tag === 'StoreFault' && fault.code === 'EIO'))
  )
    violate(run, 'it opens again', JSON.stringify(fault))
  // A log that is refused whatever is done would be opened again for ever.
  if (run.violation === undefined) restart(run)
}

const openLog = ({ machine, profile, wrap }: Run, onStart: (intent: Intent) => void): ReturnType<Opening> => {
  const [store, backend] = [machine.log.store(), backendOfProcess(machine, onStart)]
  return openSnapshotter({
    store: wrap.store?.(store) ?? store,
    backend: wrap.backend?.(backend, machine.disk.disk) ?? backend,
    clock: clockOf(machine.scheduler, machine.time.now),
    profile,
  })()
}

type Opening = ReturnType<typeof openSnapshotter>

/** The next process opens the log. */
export const restart = (run: Run): void => {
  endProcess(run)
  const { processes } = run
  openLog(run, (intent) => look(run, 'intent', intent)).then(
    (result) => {
      if (run.processes !== processes) return
      if (E.isRight(result)) opened(run, result.right)
      else refused(run, result.left)
    },
    (cause: unknown) => violate(run, 'nothing throws', String(cause)),
  )
}

/** A log that is open refuses another process. */
const openTwice = async (run: Run): Promise<void> => {
  const { machine } = run
  if (run.snapshotter === undefined) return
  const second = await openLog(run, () => undefined)
  if (E.isRight(second)) return violate(run, 'one process at a time', 'a second process opened the log')
  machine.trace.add('refused', told(second.left))
  if (second.left._tag !== 'StoreFault' || second.left.code !== 'STORE_IN_USE')
    violate(run, 'one process at a time', JSON.stringify(second.left))
}

export const happen = async (run: Run, struck: Struck): Promise<void> => {
  const { machine } = run
  machine.trace.add('fault', JSON.stringify(struck))
  const { fault, detail } = struck
  if (fault === 'secondProcess') return openTwice(run)
  if (fault !== 'crash' && fault !== 'lostTail' && fault !== 'bitFlip' && fault !== 'powerLoss')
    return befall(machine, struck)
  endProcess(run)
  if (fault === 'powerLoss') {
    machine.disk.losePower(detail)
    notePowerLoss(machine.model)
  }
  run.damage ??= damageLog(machine, struck)
  restart(run)
}
