import { failuresSuite } from '../support/suites.js'

const test = await failuresSuite(4, 4)

test.run()
