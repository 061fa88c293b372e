// @ts-check
import { deciders } from './deciders.mjs'
import { runtimes, stores } from './runtimes.mjs'
import { worlds } from './worlds.mjs'

/** Every mutant, by what is broken in it. Each has to be caught. */
export const groups = { decider: deciders, runtime: runtimes, store: stores, backend: worlds }

export const mutants = Object.values(groups).flat()
