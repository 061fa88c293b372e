// @ts-check
/** Given to node with --import: what is loaded after it has the line broken that the mutant in VARVE_MUTANT names. */
import { register } from 'node:module'

const mutant = process.env['VARVE_MUTANT']
if (mutant !== undefined) register('./patch.mjs', import.meta.url, { data: JSON.parse(mutant) })
