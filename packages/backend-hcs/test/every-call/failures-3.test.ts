import { failuresSuite } from '../support/suites.js'

const test = await failuresSuite(3, 4)

test.run()
