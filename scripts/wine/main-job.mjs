// @ts-check
/** The main job in the Windows lane: this repository's packages through real snapshots, twice with the same data. */
import { runNode } from './run.mjs'

/** What `npm start` does after its set-up. */
const CODE = `import('file:///V:/examples/dist/start/main.js').then(async ({ main }) => {
  process.exitCode = await main(process.argv.slice(1))
})`

/**
 * Each run is one test, as it reads everything back by itself; the second one also looks at what the first one left.
 * @param {import('./place.mjs').Lane} lane
 * @returns {Promise<import('../run-tests.mjs').Result[]>}
 */
export const runMainJob = async (lane) => {
  const results = []
  for (const source of ['the main job', 'the main job again, on the same data']) {
    const start = performance.now()
    const argv = ['--eval', CODE, '--', '--from', 'V:\\packages\\core\\src', '--data', 'T:\\start']
    const { output, ended } = await runNode(lane, 'examples', argv)
    const file = { workspace: 'examples', source, built: 'examples/dist/start/main.js' }
    const fault = ended === 0 ? {} : { fault: `ended with ${ended}` }
    console.log(`${source} (${((performance.now() - start) / 1000).toFixed(1)} s)\n${output.trim()}\n`)
    results.push({ file, passed: ended === 0 ? 1 : 0, failed: ended === 0 ? 0 : 1, skipped: 0, ran: 1, ...fault })
  }
  return results
}
