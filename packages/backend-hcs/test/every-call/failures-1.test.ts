import { failuresSuite } from '../support/suites.js'

const test = await failuresSuite(1, 6)

test.run()
