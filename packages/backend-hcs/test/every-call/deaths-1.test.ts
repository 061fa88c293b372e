import { deathsSuite } from '../support/suites.js'

const test = await deathsSuite(1, 2)

test.run()
