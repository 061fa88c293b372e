import { failuresSuite } from '../support/suites.js'

const test = await failuresSuite(2, 6)

test.run()
