import { failuresSuite } from '../support/suites.js'

const test = await failuresSuite(5, 6)

test.run()
