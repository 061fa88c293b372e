// @ts-check
/**
 * The set-up of a clone: installs when package-lock.json changed, builds what changed, does nothing in a few milliseconds
 * otherwise. The work runs in a session of its own, whose leader ends it when the process that asked for it is gone. It may
 * be cut anywhere: what was cut is redone. Nothing is ever written to stdout.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { beforeEnd, endWithParent } from './ending.mjs'
import { withLock } from './lock.mjs'
import { killFamily } from './processes.mjs'
import { buildStamp, installStamp, readStamp, workspacesOf, writeStamp } from './stamps.mjs'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * @typedef {{ command: string, args: string[], shell?: boolean }} Call
 * @typedef {{ install: Call, build: Call }} Tools
 */

/** @returns {Tools} */
const ownTools = () => {
  const npm = process.env['npm_execpath'] ?? ''
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--prefer-offline', '--loglevel=error']
  const turbo = [
    'run',
    'build',
    '--cache=local:rw',
    '--output-logs=errors-only',
    '--log-prefix=none',
    '--env-mode=loose',
  ]
  return {
    install: npm.endsWith('npm-cli.js')
      ? { command: process.execPath, args: [npm, ...args] }
      : { command: 'npm', args, shell: process.platform === 'win32' },
    build: { command: process.execPath, args: [join(root, 'node_modules/turbo/bin/turbo'), ...turbo] },
  }
}

/** @param {string} directory */
const stampFiles = (directory) => ({
  install: join(directory, 'node_modules/.varve/install.json'),
  build: join(directory, 'node_modules/.varve/build.json'),
})

/** @param {string} directory */
const isInstalled = (directory) => readStamp(stampFiles(directory).install) === installStamp(directory)

/** @param {string} directory */
const isBuilt = (directory) =>
  JSON.stringify(readStamp(stampFiles(directory).build)) === JSON.stringify(buildStamp(directory))

/**
 * Runs one tool; its output is shown only when it fails.
 * @param {string} directory
 * @param {Call} call
 * @returns {Promise<void>}
 */
const run = (directory, { command, args, shell = false }) =>
  new Promise((resolve, reject) => {
    const env = { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', npm_config_loglevel: 'silent' }
    const options = { cwd: directory, env: { ...process.env, ...env }, shell }
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    /** @type {Buffer[]} */
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve()
      const text = Buffer.concat(output).toString().trim()
      reject(new Error(`${text}\n${[command, ...args].join(' ')} ended with ${signal ?? code}`))
    })
  })

/**
 * A dist that is not exactly what the last finished build left, or that may hold the outputs of deleted sources, cannot be
 * trusted to a compiler that only looks at what changed.
 * @param {string} directory
 */
const dropDoubtfulOutputs = (directory) => {
  const last = /** @type {import('./stamps.mjs').BuildStamp} */ (readStamp(stampFiles(directory).build) ?? {})
  for (const [name, now] of Object.entries(buildStamp(directory))) {
    if (last[name]?.names !== now.names || last[name].built !== now.built)
      rmSync(join(directory, name, 'dist'), { recursive: true, force: true })
  }
}

/**
 * Installs and builds the tree at `directory` where that is needed, one process at a time.
 * @param {string} directory
 * @param {Tools} tools
 * @param {(line: string) => void} say
 */
export const bringUpToDate = (directory, tools, say) =>
  withLock(
    join(directory, '.turbo/setup'),
    (holder) => say(`waiting for another set-up (process ${holder})`),
    async () => {
      if (!isInstalled(directory)) {
        say('installing what package-lock.json names (npm ci)')
        rmSync(stampFiles(directory).install, { force: true })
        const stamp = installStamp(directory)
        await run(directory, tools.install)
        writeStamp(stampFiles(directory).install, stamp)
      }
      if (isBuilt(directory)) return
      say('building what changed (turbo run build)')
      dropDoubtfulOutputs(directory)
      const before = buildStamp(directory)
      await run(directory, tools.build)
      const after = buildStamp(directory)
      const stamp = workspacesOf(directory).map((name) => [name, { ...before[name], built: after[name]?.built }])
      writeStamp(stampFiles(directory).build, Object.fromEntries(stamp))
    },
  )

/**
 * Brings this clone up to date before a script does its work; ends the process with 1, the reason told on stderr, when
 * that fails.
 * @param {{ quiet?: boolean }} [options] quiet: not even a line that says what is being done
 * @returns {Promise<void>}
 */
export const setUp = ({ quiet = false } = {}) => {
  if (isInstalled(root) && isBuilt(root)) return Promise.resolve()
  const args = [fileURLToPath(import.meta.url), String(process.pid), ...(quiet ? ['--quiet'] : [])]
  const child = spawn(process.execPath, args, {
    cwd: root,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`set-up could not be started: ${error.message}`)
      process.exit(1)
    })
    child.on('close', (code, signal) => {
      if (signal !== null) console.error(`set-up was ended by ${signal}; the next one begins anew`)
      if (code !== 0) process.exit(1)
      resolve()
    })
  })
}

/**
 * Sets up, then runs the exported `main` of a built program in this process; its number becomes the exit code.
 * @param {string} path of the built module, relative to the root
 * @param {string[]} args
 */
export const runMain = async (path, args) => {
  endWithParent()
  await setUp({ quiet: args.includes('--json') })
  const { main } = await import(pathToFileURL(join(root, path)).href)
  process.exitCode = await main(args)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  beforeEnd(killFamily)
  endWithParent(Number(process.argv[2]))
  const say = process.argv.includes('--quiet')
    ? () => {}
    : (/** @type {string} */ line) => console.error(`set-up: ${line}`)
  bringUpToDate(root, ownTools(), say).catch((error) => {
    console.error(`set-up failed: ${error.message}`)
    process.exit(1)
  })
}
