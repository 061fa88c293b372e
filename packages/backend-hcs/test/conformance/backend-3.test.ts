import { backendSuite } from '../support/suites.js'

const test = await backendSuite(3, 4)

test.run()
