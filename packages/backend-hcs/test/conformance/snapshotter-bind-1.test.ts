import { snapshotterSuite } from '../support/suites.js'

const test = await snapshotterSuite('bind', 1, 2)

test.run()
