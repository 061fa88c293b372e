// @ts-check
/** `npm run simulate -- …`: the simulator of this clone. */
import { runMain } from './setup.mjs'

await runMain('packages/backend-fake/dist/src/tool/main.js', process.argv.slice(2))
