import { join } from 'node:path'
import { suite, type Test } from 'uvu'
import { fakeBackend, memoryContent, memoryStore } from '@varve/backend-fake'
import type { Backend, Profile } from '@varve/core'
import { checkScripts, makeScript, type Script, type ScriptSubject, type ScriptWorld } from '@varve/core/conformance'
import { openSnapshotter } from '@varve/core/promise'
import { nodeCodecs } from '@varve/store-level'
import { temporary } from './subjects.js'

const asked = Number.parseInt(process.env['VARVE_SEED'] ?? '', 10)
const seed = Number.isNaN(asked) ? 20_240_229 : asked

/** One script, as a failure prints it, in place of those that are made. */
const given = process.env['VARVE_SCRIPT']

/** `backend` answers one that is not open, over the same root each time. */
const subjectOver = async (
  backend: () => Backend,
  profile: Profile,
  drop: () => Promise<void>,
): Promise<ScriptSubject> => {
  const [store, content, codecs] = [memoryStore(), memoryContent(), nodeCodecs()]
  const open = () => openSnapshotter({ store, backend: backend(), content, codecs, profile })
  const first = await open()
  let last = first
  return {
    snapshotter: first,
    reopen: async () => {
      await last.close()
      return (last = await open())
    },
    layout: backend().layout,
    content,
    close: async () => {
      await last.close()
      await drop()
    },
  }
}

const memory = (profile: Profile): ScriptWorld => ({
  name: 'the world in memory',
  open: () => {
    const backend = fakeBackend()
    return subjectOver(
      () => backend,
      profile,
      () => Promise.resolve(),
    )
  },
})

const disk = (profile: Profile): ScriptWorld => ({
  name: 'the world on disk',
  open: async () => {
    const { path, remove } = await temporary()
    return subjectOver(() => fakeBackend({ root: join(path, 'layers') }), profile, remove)
  },
})

/** Not everybody may make symlinks on Windows, and Wine has none; operations on files take milliseconds there. */
const isWindows = process.platform === 'win32'

/** Scripts over the world in memory and the one on disk; a profile has a file, so that processors share them. */
export const scriptSuite = (profile: Profile, most: number): Test => {
  const count = isWindows ? 10 : most
  const test = suite(`scripts, ${profile}`)
  const check = (scripts: readonly Script[]): Promise<void> => checkScripts(scripts, memory(profile), disk(profile))
  if (given === undefined)
    test(`${count} scripts from VARVE_SEED=${seed} on`, () =>
      check(Array.from({ length: count }, (_, at) => makeScript(seed + at, { symlinks: !isWindows }))))
  else test('the script given as VARVE_SCRIPT', () => check([JSON.parse(given) as Script]))
  return test
}
