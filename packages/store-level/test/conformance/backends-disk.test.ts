import { backendSuite } from './backends.js'

const test = backendSuite('disk')

test.run()
