import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, type Test } from 'uvu'
import { fakeBackend, type PlannedFault } from '@varve/backend-fake'
import type { Intent } from '@varve/core'
import { backendCases, type BackendSubject } from '@varve/core/conformance'
import { temporary } from './subjects.js'

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

/** Of cases over the disk of a Windows host, where files take their time, these: they need no symlinks, which not everybody may make. */
const onWindows: ReadonlySet<string> = new Set(
  [
    'an empty root has no layers',
    'create a parentless layer: cut, then destroyed',
    'create a layer with a large scratch disk: twice',
    'create an unpack layer: cut, then again after a crash',
    'attach a view: once',
    'detach a layer with a parent: again after a crash',
    'seal a parentless layer: cut, then again',
    'seal an empty unpack layer: cut, then again',
    'retire a layer: again after a crash',
    'retire an attached layer: cut, then again',
    'destroy a layer under its own name: twice',
    'seal a layer with a parent: cancelled meanwhile',
    'maintenance/everything in a root is found, whoever has it',
  ].map((name) => `backend/${name}`),
)

const casesOver = (world: keyof typeof worlds): typeof backendCases => {
  const meant = backendCases.filter(({ name }) => onWindows.has(name))
  if (meant.length !== onWindows.size) throw new Error('a case that is meant for Windows is no case any more')
  return world === 'disk' && process.platform === 'win32' ? meant : backendCases
}

/** The suite of backends over a world, in a file for each, so that processors share them. */
export const backendSuite = (world: keyof typeof worlds): Test => {
  const test = suite(`${world} world`)
  for (const one of casesOver(world)) test(one.name, () => one.run(worlds[world]))
  return test
}
