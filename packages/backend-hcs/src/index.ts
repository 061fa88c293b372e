export type { Native } from './native/native.js'
