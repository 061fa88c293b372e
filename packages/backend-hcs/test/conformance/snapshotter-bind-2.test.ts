import { snapshotterSuite } from '../support/suites.js'

const test = await snapshotterSuite('bind', 2, 2)

test.run()
