import { failuresSuite } from '../support/suites.js'

const test = await failuresSuite(4, 6)

test.run()
