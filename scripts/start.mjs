// @ts-check
/** `npm start`: the main job, real files through real snapshots. */
import { runMain } from './setup.mjs'

await runMain('examples/dist/start/main.js', process.argv.slice(2))
