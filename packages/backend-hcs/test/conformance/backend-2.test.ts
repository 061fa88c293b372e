import { backendSuite } from '../support/suites.js'

const test = await backendSuite(2, 4)

test.run()
