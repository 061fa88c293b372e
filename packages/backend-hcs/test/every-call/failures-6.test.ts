import { failuresSuite } from '../support/suites.js'

const test = await failuresSuite(6, 6)

test.run()
