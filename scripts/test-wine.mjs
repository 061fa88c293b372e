// @ts-check
/**
 * `npm run test:wine -- [NAME…]`: the built packages on a node.exe under Wine, a test file at a time per processor, and the
 * main job; or only those of the workspaces named, or the files with NAME in their path. Installs what it needs from Debian when it may.
 * Where it can't run, it says so and that counts as skipped. The last line is the sum.
 */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { endWithParent } from './ending.mjs'
import { withLock } from './lock.mjs'
import { sumOf, testFilesOf } from './run-tests.mjs'
import { root, setUp } from './setup.mjs'
import { workspacesOf } from './stamps.mjs'
import { leftOut } from './wine/differences.mjs'
import { judged } from './wine/judge.mjs'
import { runMainJob } from './wine/main-job.mjs'
import { laneLock, prepareLanes } from './wine/place.mjs'
import { findWine, installFromDebian } from './wine/prefix.mjs'
import { runNode, startServer, windowsPath } from './wine/run.mjs'

const PACKAGES = ['wine64', 'gcc-mingw-w64-x86-64-win32']

/** @param {string} line */
const say = (line) => console.error(`wine: ${line}`)

/** Wine, installed where that is possible, or why it can't be had here. */
const wineHere = async () => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'this lane wants Linux on x64'
  const found = await findWine()
  if (found !== undefined) return found
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return `there is no wine64 here; on Debian: apt-get install ${PACKAGES.join(' ')}`
  say(`installing ${PACKAGES.join(' and ')} (apt-get)`)
  await installFromDebian(PACKAGES)
  return (await findWine()) ?? 'no wine64 although apt-get installed it'
}

/**
 * @param {import('./wine/place.mjs').Lane} lane
 * @param {import('./run-tests.mjs').TestFile} file
 * @returns {Promise<import('./run-tests.mjs').Result>}
 */
const runFile = async (lane, file) => {
  const why = leftOut[file.source]
  if (why !== undefined) {
    console.log(`${file.source}\nSKIPPED under Wine: ${why}\n`)
    return { file, passed: 0, failed: 0, skipped: 1, ran: 0 }
  }
  const start = performance.now()
  const { output, ended } = await runNode(lane, file.workspace, [windowsPath(file.built)])
  const { result, notes } = judged(file, output, ended)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${file.source} (${seconds} s)\n${[output.replace(/^\n+|\n+$/g, ''), ...notes].join('\n')}\n`)
  return result
}

/**
 * Each lane takes the next file when it is done with one.
 * @param {import('./wine/place.mjs').Lane[]} lanes
 * @param {{ files: import('./run-tests.mjs').TestFile[], withMainJob: boolean }} asked
 */
const runAll = async (lanes, { files, withMainJob }) => {
  const waiting = [...files]
  /** @type {import('./run-tests.mjs').Result[]} */
  const results = []
  await Promise.all(
    lanes.map(async (lane, at) => {
      if (at === 0 && withMainJob) results.push(...(await runMainJob(lane)))
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift())
        results.push(await runFile(lane, file))
    }),
  )
  return results
}

/** @param {Parameters<typeof runAll>[1]} asked */
const runLanes = async (asked) => {
  const start = performance.now()
  const wine = await wineHere()
  if (typeof wine === 'string') {
    console.log(`SKIPPED: the Windows code paths were not run: ${wine}`)
    return { passed: 0, failed: 0, skipped: 1 }
  }
  const lanes = await prepareLanes(wine, say)
  const ends = lanes.map(startServer)
  say(`${lanes.length} at a time, set up in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  try {
    const results = await runAll(lanes, asked)
    for (const { file, fault } of results) if (fault !== undefined) console.log(`failed: ${file.source} (${fault})`)
    return sumOf(results)
  } finally {
    for (const end of ends) end()
  }
}

/** The scripts themselves are for Unix; this test of theirs is about the packages. */
const isForWindows = (/** @type {import('./run-tests.mjs').TestFile} */ { workspace, source }) =>
  workspace !== 'scripts' || source.endsWith('/worlds.test.mjs')

const workspaces = [...workspacesOf(root).filter((directory) => directory !== 'bench'), 'scripts']
// The short ones are those of core: at the end no lane waits long for another.
const all = workspaces
  .flatMap((workspace) => testFilesOf(root, workspace))
  .filter(isForWindows)
  .toReversed()
/** @param {string} name a workspace's, or a part of a file's path @param {import('./run-tests.mjs').TestFile} file */
const isMeant = (name, { workspace, source }) =>
  name.includes('/') ? source.includes(name) : basename(workspace) === name

const names = process.argv.slice(2)
const unknown = names.filter((name) => !all.some((file) => isMeant(name, file)))
if (unknown.length > 0) {
  const known = workspaces.map((directory) => basename(directory)).join(', ')
  console.error(
    `There are no tests called ${unknown.join(', ')}. These there are: ${known}, or a part of a file's path`,
  )
  process.exit(2)
}
endWithParent()
await setUp()
const asked = {
  files: all.filter((file) => names.length === 0 || names.some((name) => isMeant(name, file))),
  withMainJob: names.length === 0 || names.includes('examples'),
}
const waiting = (/** @type {number | 'unknown'} */ holder) => say(`waiting for another run (process ${holder})`)
const sum = await withLock(laneLock, waiting, () => runLanes(asked)).catch((error) => {
  console.log(`failed: ${error.message}`)
  return { passed: 0, failed: 1, skipped: 0 }
})
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exitCode = sum.failed === 0 ? 0 : 1
