// @ts-check
/** Running a program of the clone in the Windows lane, with what it says in a file: node.exe can't write to a Unix pipe. */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEnd } from '../ending.mjs'

/** A program that is still running after this long is ended. */
const LIMIT_MS = 1_800_000

/**
 * The path of a file of the clone, given relative to its root, as Windows sees it.
 * @param {string} path
 */
export const windowsPath = (path) => `V:\\${path.replaceAll('/', '\\')}`

/**
 * Starts what all programs of the lane talk to; gives back what ends it and all of them.
 * @param {import('./place.mjs').Lane} lane
 */
export const startServer = ({ server, processor, environment }) => {
  const end = () => void spawnSync(server, ['-k'], { env: environment, stdio: 'ignore' })
  // What a run that was killed left behind.
  end()
  const forget = beforeEnd(end)
  // On one processor with node.exe the two answer each other twice as fast as on two.
  // It ends by itself when nothing has used it for a minute, should this process not live to end it.
  spawnSync('taskset', ['-c', processor, server, '-p60'], { env: environment, stdio: 'ignore' })
  return () => {
    end()
    forget()
  }
}

/**
 * Runs node.exe with `argv` in `workspace` and answers what it said.
 * @param {import('./place.mjs').Lane} lane
 * @param {string} workspace relative to the root
 * @param {string[]} argv
 * @returns {Promise<{ output: string, ended: number | string }>}
 */
export const runNode = ({ wine, node, processor, temporary, environment }, workspace, argv) =>
  new Promise((resolve) => {
    const said = join(temporary, 'said')
    const output = openSync(said, 'w')
    // The leader of its process group: what it starts and leaves behind ends with it.
    const child = spawn('taskset', ['-c', processor, wine, node, ...argv], {
      cwd: join(environment.WINEPREFIX, 'dosdevices/v:', workspace),
      env: environment,
      stdio: ['ignore', output, output],
      detached: true,
    })
    closeSync(output)
    /** @type {string | undefined} */
    let why
    const kill = () => {
      try {
        process.kill(-(child.pid ?? 0), 'SIGKILL')
      } catch {
        // None of them is left.
      }
    }
    const forget = beforeEnd(kill)
    const timer = setTimeout(() => {
      why = `the time limit of ${LIMIT_MS / 1000} s`
      kill()
    }, LIMIT_MS)
    /** @param {number | string} ended */
    const end = (ended) => {
      clearTimeout(timer)
      kill()
      forget()
      resolve({ output: readFileSync(said, 'utf8'), ended: why ?? ended })
    }
    child.on('error', (error) => end(error.message))
    child.on('exit', (code, signal) => end(signal ?? code ?? 'nothing'))
  })
