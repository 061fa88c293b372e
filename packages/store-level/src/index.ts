export type { LevelStoreOptions } from './options.js'
export { levelStore } from './store.js'
