import { metadataSuite } from './metadata.js'

const test = metadataSuite('memory', 'disk')

test.run()
