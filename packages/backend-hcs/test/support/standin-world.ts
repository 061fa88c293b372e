import type { Intent, Result } from '@varve/core/ports'
import type { NativeSource } from '../../src/driver.js'
import { machineFrom } from '../../src/lanes/machine.js'
import type { Control } from '../../src/layers/control.js'
import { run } from '../../src/layers/operations.js'
import type { World } from '../../src/layers/world.js'
import type { Native } from '../../src/native/native.js'
import { freshRoot } from './subjects.js'

/** A control that nobody speaks through. */
export const alone: Control = {
  isCancelled: () => false,
  isStopped: () => false,
  progress: () => undefined,
  take: () => ({ type: 'end' }),
  put: () => undefined,
}

/** A world over the stand-in whose operations run in this thread. */
export type StandinWorld = {
  readonly world: World
  /** Names of the native calls so far. */
  readonly calls: string[]
  /** Is told of each native call before it is made. */
  readonly listen: (heard: (name: string) => void) => void
  readonly perform: (intent: Intent, control?: Partial<Control>) => Result
  /** Names in a folder below the root, `/` between the names. */
  readonly list: (path: string) => readonly string[]
}

const listened = (native: Native, heard: (name: string) => void): Native =>
  new Proxy(native, {
    get: (target, name: keyof Native) => {
      const call = target[name] as (...args: readonly unknown[]) => unknown
      return (...args: readonly unknown[]) => {
        heard(name)
        return call(...args)
      }
    },
  })

/** A claimed root. */
export const standinWorld = async ({ module, dlls = {} }: NativeSource): Promise<StandinWorld> => {
  const layout = { root: freshRoot(), separator: '\\' } as const
  const { native, files } = await machineFrom({ layout, module: module?.href, dlls })
  const calls: string[] = []
  let listener = (_name: string): void => undefined
  const heard = (name: string): void => {
    calls.push(name)
    listener(name)
  }
  const machine = { native: listened(native, heard), files }
  const world: World = { layout, machine, prepareLock: (prepare) => prepare(), pause: () => undefined }
  run(world, 'claim', ['a log'], alone)
  return {
    world,
    calls,
    listen: (given) => void (listener = given),
    perform: (intent, control) => run(world, 'perform', [intent], { ...alone, ...control }),
    list: (path) => files.list([layout.root, ...path.split('/')].join('\\')),
  }
}
