// @ts-check
/** `npm run varve -- …`: the log tool of this clone. */
import { runMain } from './setup.mjs'

await runMain('packages/store-level/dist/src/tool/main.js', process.argv.slice(2))
