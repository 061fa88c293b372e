export { fakeBackend } from './fake-backend.js'
export type { PlannedFault } from './faults.js'
export { memoryStore, type MemoryStore } from './memory-store.js'
export type { FakeBackendOptions } from './options.js'
