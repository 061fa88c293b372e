import { metadataSuite } from './metadata.js'

const test = metadataSuite('memory', 'memory')

test.run()
