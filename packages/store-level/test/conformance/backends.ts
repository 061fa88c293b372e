import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, type Test } from 'uvu'
import { fakeBackend, type PlannedFault } from '@varve/backend-fake'
import type { Intent } from '@varve/core'
import { backendCases, type BackendSubject } from '@varve/core/conformance'
import { casesOver, temporary } from './subjects.js'

/** Backends whose table of faults is filled in by the cases: the next run of a type is cut. */
const cutting = (make: (faults: readonly PlannedFault[]) => ReturnType<typeof fakeBackend>) => {
  const faults: PlannedFault[] = []
  const runs = new Map<string, number>()
  const backend = make(faults)
  const execute: typeof backend.execute = (intent, options) => {
    runs.set(intent.type, (runs.get(intent.type) ?? 0) + 1)
    return backend.execute(intent, options)
  }
  const cut = (type: string, steps: number): void => {
    faults.push({ intent: type as Intent['type'], time: (runs.get(type) ?? 0) + 1, cutAfter: steps })
  }
  return { backend: { ...backend, execute }, cut }
}

const memoryWorld = async (): Promise<BackendSubject> => {
  const { backend, cut } = cutting((faults) => fakeBackend({ faults }))
  return {
    backend,
    cut,
    reopen: () => Promise.resolve(backend),
    close: async () => {
      await backend.close()()
    },
  }
}

const diskWorld = async (): Promise<BackendSubject> => {
  const directory = await temporary()
  const root = join(directory.path, 'layers')
  const opened: ReturnType<typeof cutting>[] = []
  const open = (): ReturnType<typeof cutting> => {
    const one = cutting((faults) => fakeBackend({ root, faults }))
    opened.push(one)
    return one
  }
  return {
    backend: open().backend,
    cut: (type, steps) => opened.at(-1)?.cut(type, steps),
    reopen: () => Promise.resolve(open().backend),
    names: () => readdir(directory.path, { recursive: true }),
    close: async () => {
      for (const { backend } of opened) await backend.close()()
      await directory.remove()
    },
  }
}

const worlds = { memory: memoryWorld, disk: diskWorld }

/** The suite of backends over a world, in a file for each, so that processors share them. */
export const backendSuite = (world: keyof typeof worlds): Test => {
  const test = suite(`${world} world`)
  for (const one of casesOver(world, backendCases)) test(one.name, () => one.run(worlds[world]))
  return test
}
