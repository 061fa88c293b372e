import { metadataSuite } from './metadata.js'

const test = metadataSuite('level', 'disk')

test.run()
