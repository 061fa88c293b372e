// @ts-check
/**
 * The same scripts over the world in memory and over the native backend with the stand-in for Windows. It is here because no
 * package may know both.
 */
import { fakeBackend, memoryCodecs, memoryContent, memoryStore } from '@varve/backend-fake'
import { checkScripts, makeScript } from '@varve/core/conformance'
import { openSnapshotter } from '@varve/core/promise'
import { suite } from 'uvu'
import { backendOver } from '../../packages/backend-hcs/dist/src/hcs-backend.js'
import { startStandin, whyNoStandin } from '../../packages/backend-hcs/dist/test/support/standin.js'
import { dropRoot } from '../../packages/backend-hcs/dist/test/support/drop-root.js'
import { checkLeaks, freshRoot } from '../../packages/backend-hcs/dist/test/support/subjects.js'

/** @typedef {import('@varve/core').Backend} Backend */
/** @typedef {import('@varve/core').Profile} Profile */
/** @typedef {import('@varve/core/conformance').ScriptWorld} ScriptWorld */

const asked = Number.parseInt(process.env['VARVE_SEED'] ?? '', 10)
const seed = Number.isNaN(asked) ? 20_240_229 : asked
/** One script, as a failure prints it, in place of those that are made. */
const given = process.env['VARVE_SCRIPT']
/** Wine needs milliseconds for an operation on a file. */
const isWindows = process.platform === 'win32'
const count = isWindows ? 10 : 50

/**
 * @param {() => Backend} backend answers one that is not open, over the same root each time
 * @param {Profile} profile
 * @param {() => Promise<void> | void} drop
 */
const subjectOver = async (backend, profile, drop) => {
  const [store, content, codecs] = [memoryStore(), memoryContent(), memoryCodecs()]
  const open = () => openSnapshotter({ store, backend: backend(), content, codecs, profile })
  const snapshotter = await open()
  let last = snapshotter
  return {
    snapshotter,
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

/**
 * @param {Profile} profile
 * @returns {ScriptWorld}
 */
const memory = (profile) => ({
  name: 'the world in memory',
  open: () => {
    const backend = fakeBackend()
    return subjectOver(
      () => backend,
      profile,
      () => undefined,
    )
  },
})

/**
 * @param {Profile} profile
 * @param {Awaited<ReturnType<typeof startStandin>>} native
 * @returns {ScriptWorld}
 */
const hcs = (profile, native) => ({
  name: 'the native backend',
  open: () => {
    const root = freshRoot()
    const backend = () => backendOver({ root }, native)
    return subjectOver(backend, profile, () => {
      checkLeaks('a script')
      return dropRoot(root)
    })
  },
})

const test = suite('worlds')
const why = whyNoStandin()
if (why === undefined) {
  const native = await startStandin()
  for (const profile of /** @type {const} */ (['bind', 'windows-layer'])) {
    const scripts =
      given === undefined
        ? Array.from({ length: count }, (_, at) => makeScript(seed + at, { moves: false }))
        : [JSON.parse(given)]
    test(`${profile}: ${given === undefined ? `${count} scripts from VARVE_SEED=${seed} on` : 'VARVE_SCRIPT'}`, () =>
      checkScripts(scripts, memory(profile), hcs(profile, native)))
  }
} else {
  console.log(`SKIPPED: the native backend needs the stand-in for Windows, and ${why}`)
  test.skip(`the native backend: ${why}`, () => undefined)
}

test.run()
