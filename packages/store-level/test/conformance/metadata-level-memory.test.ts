import { metadataSuite } from './metadata.js'

const test = metadataSuite('level', 'memory')

test.run()
