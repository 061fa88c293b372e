import { failuresSuite } from '../support/suites.js'

const test = await failuresSuite(2, 4)

test.run()
