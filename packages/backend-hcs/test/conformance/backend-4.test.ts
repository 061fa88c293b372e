import { backendSuite } from '../support/suites.js'

const test = await backendSuite(4, 4)

test.run()
