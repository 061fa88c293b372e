import { backendFault } from '@varve/core/ports'
import { raise } from '../../src/failure.js'
import { callNames, cell, mode, note, type Cells } from './plan.js'

/** Ends a call as it was planned to fail. */
export const refuse = (name: string, code: number): never => raise(backendFault(`${name} failed on demand`, code))

/** What is planned for the calls of one lane. */
export type Watch = {
  /**
   * Notes a call, and dies or hangs there if that is planned. Answers the code that it shall fail with, if any. What changes
   * nothing is no place to die at: what follows it dies instead.
   */
  readonly before: (name: string, changes: boolean) => number | undefined
  readonly count: (what: 'handles' | 'contexts' | 'texts', by: 1 | -1) => void
}

/** `onDeath` gives back what the operating system takes back from a process that died. */
export const watchOver = (cells: Cells, onDeath: () => void): Watch => {
  const numbers = new Map(callNames.map((name, at) => [name, at]))
  const isPlanned = (number: number): boolean => {
    const only = Atomics.load(cells, cell.only)
    if (only !== 0 && only !== number + 1) return false
    const counted = Atomics.add(cells, cell.counted, 1)
    const planned = Atomics.load(cells, cell.mode)
    const after = Atomics.load(cells, cell.after)
    return planned === mode.fail ? counted === after : counted >= after
  }
  const die = (number: number): never => {
    if (Atomics.compareExchange(cells, cell.hit, 0, number + 1) === 0) {
      Atomics.store(cells, cell.mode, mode.nothing)
      onDeath()
      Atomics.store(cells, cell.mode, mode.crash)
    }
    // Nothing is done any more.
    throw new Error('the process died here, as the test wanted')
  }
  const hang = (): void => {
    const released = Atomics.load(cells, cell.released)
    Atomics.add(cells, cell.hanging, 1)
    Atomics.wait(cells, cell.released, released)
    Atomics.sub(cells, cell.hanging, 1)
  }
  return {
    before: (name, changes) => {
      const number = numbers.get(name) ?? -1
      if (number < 0) throw new Error(`nothing is called ${name}`)
      note(cells, number)
      const planned = Atomics.load(cells, cell.mode)
      if (planned === mode.nothing) return undefined
      if (planned === mode.crash && !changes && Atomics.load(cells, cell.hit) === 0) return undefined
      if (!isPlanned(number)) return undefined
      if (planned === mode.crash) return die(number)
      if (planned === mode.hang) hang()
      if (planned !== mode.fail) return undefined
      Atomics.store(cells, cell.hit, number + 1)
      return Atomics.load(cells, cell.code) >>> 0
    },
    count: (what, by) => void Atomics.add(cells, cell[what], by),
  }
}
