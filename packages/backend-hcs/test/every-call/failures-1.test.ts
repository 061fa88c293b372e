import { failuresSuite } from '../support/suites.js'

const test = await failuresSuite(1, 4)

test.run()
