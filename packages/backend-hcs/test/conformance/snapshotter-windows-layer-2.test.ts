import { snapshotterSuite } from '../support/suites.js'

const test = await snapshotterSuite('windows-layer', 2, 2)

test.run()
