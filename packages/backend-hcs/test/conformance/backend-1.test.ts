import { backendSuite } from '../support/suites.js'

const test = await backendSuite(1, 4)

test.run()
