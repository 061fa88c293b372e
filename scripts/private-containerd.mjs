// @ts-check
/** A containerd of one's own: its root, state and socket are below a directory that the caller removes. Linux, as root. */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEnd } from './ending.mjs'

const START_MS = 30_000
const END_MS = 10_000

/** Plugins that reach out of the directory, need hardware, or want more than an image store. */
const DISABLED = [
  'io.containerd.grpc.v1.cri',
  'io.containerd.internal.v1.opt',
  'io.containerd.internal.v1.restart',
  'io.containerd.runtime.v1.linux',
  'io.containerd.monitor.v1.cgroups',
  ...['aufs', 'btrfs', 'devmapper', 'zfs', 'overlayfs'].map((name) => `io.containerd.snapshotter.v1.${name}`),
]

/** @param {string} directory */
const configOf = (directory) =>
  [
    'version = 2',
    `root = ${JSON.stringify(join(directory, 'root'))}`,
    `state = ${JSON.stringify(join(directory, 'state'))}`,
    `disabled_plugins = ${JSON.stringify(DISABLED)}`,
    '[grpc]',
    `  address = ${JSON.stringify(join(directory, 'containerd.sock'))}`,
    '',
  ].join('\n')

/** @param {number} ms */
const pause = (ms) => new Promise((wake) => setTimeout(wake, ms))

/**
 * Starts it. `ctr` runs the client and answers what it printed, or throws with what it said. `end` resolves when the process
 * is gone, and rejects when it had to be killed or did not end with 0.
 * @param {string} directory made if missing; its path must be short, for a socket's sake
 */
export const startContainerd = async (directory) => {
  mkdirSync(directory, { recursive: true })
  const config = join(directory, 'config.toml')
  const log = join(directory, 'log')
  writeFileSync(config, configOf(directory))
  const output = openSync(log, 'w')
  const child = spawn('containerd', ['--config', config], { stdio: ['ignore', output, output] })
  closeSync(output)
  const forget = beforeEnd(() => child.kill('SIGKILL'))
  /** @type {string | undefined} */
  let ended
  const gone = new Promise((resolve) => {
    child.on('error', (error) => resolve((ended = error.message)))
    child.on('close', (code, signal) => resolve((ended = String(signal ?? code))))
  })
  const said = () => readFileSync(log, 'utf8').split('\n').slice(-20).join('\n')

  /** @param {string[]} args */
  const call = (...args) => {
    const all = ['--address', join(directory, 'containerd.sock'), '--namespace', 'varve', ...args]
    return spawnSync('ctr', all, { encoding: 'utf8', timeout: 120_000, maxBuffer: 2 ** 28 })
  }

  const end = async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
    await gone
    clearTimeout(timer)
    forget()
    if (ended !== '0') throw new Error(`containerd was asked to end and ended with ${ended}; it said:\n${said()}`)
  }

  for (const start = Date.now(); call('version').status !== 0; await pause(100)) {
    if (ended === undefined && Date.now() - start < START_MS) continue
    child.kill('SIGKILL')
    await gone
    forget()
    throw new Error(`containerd did not come up${ended === undefined ? '' : ` (${ended})`}; it said:\n${said()}`)
  }
  return {
    /** @param {string[]} args */
    ctr: (...args) => {
      const { status, stdout, stderr, error } = call(...args)
      if (status === 0) return stdout
      throw new Error(`ctr ${args.join(' ')} ended with ${status ?? error?.message}: ${stdout}${stderr}`)
    },
    end,
  }
}
