import * as E from 'fp-ts/lib/Either.js'
import { backendFault, type Backend, type BackendMend, type Intent } from '@varve/core/ports'
import { backendOf } from '../fake-backend.js'
import type { Faults } from '../faults.js'
import { memoryDriver, memoryLayout } from '../memory/driver.js'
import { gate } from '@varve/core/adapter'
import type { WorldDriver } from '../world/operations.js'
import { makeWorld } from '../world/world.js'
import { faultCodes } from './faults.js'
import { diskOfProcess, type Machine } from './machine.js'

/** Most steps that an intent is let do before it is cut. */
const longestPart = 24
/** Milliseconds. */
const slowest = 60_000

const failed = ({ type, layer }: Intent, how: string, detail: number) =>
  E.left(
    backendFault(`${type} of layer ${layer} failed on demand, ${how}`, faultCodes[detail % faultCodes.length] ?? 0),
  )

/** Resolves when the intent is cancelled, or when it is calm. */
const hang = async ({ hanging }: Machine, signal: AbortSignal | undefined): Promise<void> => {
  if (signal?.aborted === true) return
  const pass = gate()
  hanging.add(pass)
  signal?.addEventListener('abort', pass.open, { once: true })
  await pass.wait()
  signal?.removeEventListener('abort', pass.open)
  hanging.delete(pass)
}

const planOf =
  (machine: Machine, onStart: (intent: Intent) => void): Faults =>
  async (intent, signal, run) => {
    const { scheduler, trace } = machine
    const struck = machine.strike('intent')
    trace.add('intent', `${JSON.stringify(intent)} ${struck?.fault ?? ''}`)
    onStart(intent)
    const detail = struck?.detail ?? 0
    if (struck?.fault === 'failBefore') return failed(intent, 'before it had done anything', detail)
    if (struck?.fault === 'slow') await scheduler.sleep('slow intent', BigInt(detail % slowest) * 1_000_000n, signal)
    if (struck?.fault === 'neverAnswers') await hang(machine, signal)
    if (struck?.fault === 'partialWork') return run(detail % longestPart)
    const outcome = await run()
    trace.add('outcome', `${intent.id} ${JSON.stringify(outcome)}`)
    return struck?.fault === 'failAfter' && E.isRight(outcome) ? failed(intent, 'when it was done', detail) : outcome
  }

/** Of all mends only that of a sidecar is asked for while snapshots are worked with. */
const noting = ({ unmended }: Machine, driver: WorldDriver): WorldDriver => ({
  ...driver,
  call: async (name, args, options) => {
    const answer = await driver.call(name, args, options)
    const [asked] = args as readonly unknown[]
    if (name !== 'mend') return answer
    const { sidecar } = asked as Extract<BackendMend, { readonly type: 'WriteSidecar' }>
    if (E.isLeft(answer)) unmended.add(sidecar.id)
    else unmended.delete(sidecar.id)
    return answer
  },
})

/** The backend of one process over the machine's disk. */
export const backendOfProcess = (machine: Machine, onStart: (intent: Intent) => void): Backend => {
  const { scheduler, time } = machine
  const world = makeWorld(memoryLayout, diskOfProcess(machine), time.now)
  const turns = { isDue: () => true, wait: () => scheduler.turn('step') }
  const start = async () => E.right(noting(machine, memoryDriver(world, turns)))
  return backendOf({ layout: memoryLayout, start }, planOf(machine, onStart))
}
