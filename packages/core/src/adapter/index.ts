/** What backends are made of whose work is done elsewhere: in threads, or in slices of this one. */
export { driverBackend, type DriverBackend } from './backend.js'
export type { CallOptions, Done, Driver, StreamOptions } from './driver.js'
export { asBackendFault, asFailure, failureOf, messageOf, raise, raisedIn, stoppedFault } from './failure.js'
export { diskPaths, layerNamed, layersNamed, sidecarNamed, templatesThere, traceNamed, type Trace } from './found.js'
export { gate, type Gate } from './gate.js'
export { chunkLength, chunksInFlight, movable } from './movable.js'
export {
  describe,
  isUndone,
  type Answer,
  type Arguments,
  type Asked,
  type Operation,
  type Operations,
} from './operations.js'
export { checkOwner, ownerBytes, ownerFile, ownerIn } from './owner.js'
export { fieldsIn, isFields, sidecarBytes, templatesIn, type Fields, type Sidecar } from './sidecar.js'
export { feedTar, pump, type Arrival, type Taker, type TarFeed } from './tar-in.js'
export { chunksOf, type Export } from './tar-out.js'
export { layersNeeded } from './layers-needed.js'
