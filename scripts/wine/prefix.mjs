// @ts-check
/** Wine and its prefixes: a prefix is a Windows of one's own, with a drive C and a registry. */
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { root } from '../setup.mjs'
import { readStamp, writeStamp } from '../stamps.mjs'

/** Where everything of the lanes is kept between runs. */
export const place = join(root, 'node_modules/.varve/wine')

/** Wine's own DLLs: a fresh prefix holds a copy of each. */
const LIBRARY = '/usr/lib/x86_64-linux-gnu/wine/x86_64-windows'

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
export const call = (file, args, options = {}) =>
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
export const made = async (name, version, make) => {
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
export const wineEnvironment = (prefix) => {
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

/**
 * The prefixes of a number of lanes. The first one is made, which takes seconds, the others are copies.
 * @param {Wine} wine
 * @param {Say} say
 * @param {number} count
 */
export const prefixesOf = async ({ wine, server, version }, say, count) => {
  const stamp = `2 ${version}`
  const first = await made('prefix', stamp, async (prefix) => {
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
  const others = Array.from({ length: count - 1 }, (_, at) =>
    made(`prefix-${at + 2}`, stamp, async (prefix) =>
      cpSync(first, prefix, { recursive: true, verbatimSymlinks: true }),
    ),
  )
  return [first, ...(await Promise.all(others))]
}
