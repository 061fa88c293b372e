import { backendSuite } from './backends.js'

const test = backendSuite('memory')

test.run()
