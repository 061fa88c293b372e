import { snapshotterSuite } from '../support/suites.js'

const test = await snapshotterSuite('windows-layer', 1, 2)

test.run()
