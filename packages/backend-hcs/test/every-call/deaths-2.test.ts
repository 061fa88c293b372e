import { deathsSuite } from '../support/suites.js'

const test = await deathsSuite(2, 2)

test.run()
