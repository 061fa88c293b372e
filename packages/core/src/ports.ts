/** What stores, backends and their workers are written against: the nouns and the ports, without the runtime. */
export * from './model/index.js'
export * from './runtime/ports.js'
