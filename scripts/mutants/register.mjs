// @ts-check
/** Given to node with --import: what is loaded after it is the mutant that VARVE_MUTANT names. */
import { register } from 'node:module'
import { mutants } from './table.mjs'

const data = mutants.find(({ name }) => name === process.env['VARVE_MUTANT'])
if (data !== undefined) register('./patch.mjs', import.meta.url, { data })
