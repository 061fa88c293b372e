export { nodeCodecs } from './codecs/node-codecs.js'
export { directoryContent, type DirectoryContent } from './content/directory-content.js'
export type { LevelStoreOptions } from './options.js'
export { levelStore } from './store.js'
