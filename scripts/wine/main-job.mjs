// @ts-check
/** The main job in the Windows lane: a package through real snapshots, twice with the same data, simulated and native. */
import { runNode } from './run.mjs'

const SIMULATED = `import('file:///V:/examples/dist/start/main.js').then(async ({ main }) => {
  process.exitCode = await main(process.argv.slice(1))
})`

const NATIVE = `Promise.all([
  import('file:///V:/examples/dist/start/main.js'),
  import('file:///V:/packages/backend-hcs/dist/src/hcs-backend.js'),
  import('file:///V:/packages/backend-hcs/dist/test/support/standin.js'),
]).then(async ([{ main }, { backendOver }, { startStandin }]) => {
  const native = await startStandin('T:\\\\windows')
  process.exitCode = await main(process.argv.slice(1), (root) => backendOver({ root }, native))
})`

/**
 * Each run is one test, as it reads everything back by itself; a second one also looks at what the first one left.
 * @param {import('./place.mjs').Lane} lane
 * @returns {Promise<import('../run-tests.mjs').Result[]>}
 */
export const runMainJob = async (lane) => {
  const results = []
  const runs = [
    { source: 'the main job, simulated', code: SIMULATED, data: 'T:\\simulated' },
    { source: 'the main job, simulated, again with the same data', code: SIMULATED, data: 'T:\\simulated' },
    ...(lane.environment.VARVE_STANDIN === undefined
      ? []
      : [
          { source: 'the main job over the stand-in', code: NATIVE, data: 'T:\\native' },
          { source: 'the main job over the stand-in, again with the same data', code: NATIVE, data: 'T:\\native' },
        ]),
  ]
  for (const { source, code, data } of runs) {
    const start = performance.now()
    const argv = ['--eval', code, '--', '--from', 'V:\\packages\\core\\src', '--data', data]
    const { output, ended } = await runNode(lane, 'examples', argv)
    const file = { workspace: 'examples', source, built: 'examples/dist/start/main.js' }
    const fault = ended === 0 ? {} : { fault: `ended with ${ended}` }
    console.log(`${source} (${((performance.now() - start) / 1000).toFixed(1)} s)\n${output.trim()}\n`)
    results.push({ file, passed: ended === 0 ? 1 : 0, failed: ended === 0 ? 0 : 1, skipped: 0, ran: 1, ...fault })
  }
  return results
}
