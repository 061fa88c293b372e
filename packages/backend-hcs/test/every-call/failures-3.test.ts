import { failuresSuite } from '../support/suites.js'

const test = await failuresSuite(3, 6)

test.run()
