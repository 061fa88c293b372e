// @ts-check
/** `npm run bench`: the figures behind the budgets. */
import { runMain } from './setup.mjs'

await runMain('bench/dist/main.js', process.argv.slice(2))
