import type { HostFiles } from '../../src/files.js'
import type { Machine } from '../../src/machine.js'
import type { Native } from '../../src/native/native.js'
import { fail, memoryDisk } from './memory-disk.js'
import { memoryFiles, memoryNative } from './memory-native.js'

/** A machine with a disk of Windows in memory, whose calls are counted and can be let fail. */
export const memoryMachine = () => {
  const disk = memoryDisk()
  const { control, handles, contexts, find, makeFolder } = disk
  const counted = <T extends object>(calls: T): T =>
    new Proxy(calls, {
      get: (target, name) => {
        const call: unknown = Reflect.get(target, name)
        if (typeof call !== 'function') throw new Error(`${String(name)} is not there`)
        return (...args: unknown[]): unknown => {
          control.calls.push(String(name))
          const isFailing = control.calls.length === control.failAt
          const isClosing = /^(?:CloseHandle|Release)/.test(String(name))
          if (isFailing) control.failed = String(name)
          if (isFailing && !isClosing) fail(control.failWith, `${String(name)} failed on demand`)
          const answer: unknown = Reflect.apply(call, undefined, args)
          if (isFailing) fail(control.failWith, `${String(name)} failed on demand`)
          return answer
        }
      },
    })
  const machine: Machine = {
    native: counted(memoryNative(disk)) as Native,
    files: counted(memoryFiles(disk)) as HostFiles,
  }
  return { machine, control, find, makeFolder, open: () => handles.size + contexts.size }
}
