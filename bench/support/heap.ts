import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const collector = (): (() => void) => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

/** Bytes of the JavaScript heap in use after garbage collection. */
export const heapInUse = (): number => {
  const collect = collector()
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
