import { scriptSuite } from './scripts.js'

const test = scriptSuite('windows-layer', 250)

test.run()
