// @ts-check
/** `npm run build`: the set-up alone. */
import { endWithParent } from './ending.mjs'
import { setUp } from './setup.mjs'

endWithParent()
await setUp()
