import { scriptSuite } from './scripts.js'

const test = scriptSuite('bind', 250)

test.run()
