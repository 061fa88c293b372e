// @ts-check
/** Layers over layers, with files written, replaced and deleted: what seeds come to only by chance. */

/** @typedef {import('../../packages/backend-fake/dist/src/simulate/case.js').Action} Action */
/** @typedef {import('../../packages/backend-fake/dist/src/simulate/case.js').Case} Case */

/**
 * @param {string} key
 * @param {Record<string, string | undefined>} files undefined: deleted
 * @returns {Action[]}
 */
const changed = (key, files) => [
  { do: 'attach', key },
  ...Object.entries(files).map(
    /** @returns {Action} */
    ([path, content]) => (content === undefined ? { do: 'delete', key, path } : { do: 'write', key, path, content }),
  ),
  { do: 'detach', key },
]

/** @type {Action[]} */
const actions = [
  { do: 'prepare', key: 'a' },
  ...changed('a', { f: '1', 'd/g': '2', h: '3' }),
  { do: 'commit', name: 'one', key: 'a' },
  { do: 'prepare', key: 'b', parent: 'one' },
  ...changed('b', { f: '4', d: undefined, i: '5' }),
  ...changed('b', { j: '6' }),
  { do: 'commit', name: 'two', key: 'b', givesUp: true },
  { do: 'commit', name: 'two', key: 'b' },
  { do: 'prepare', key: 'c', parent: 'two' },
  ...changed('c', { i: '7', h: undefined }),
  { do: 'commit', name: 'three', key: 'c' },
  { do: 'view', key: 'v', parent: 'three' },
  ...changed('v', { f: '8' }),
  { do: 'attach', key: 'v' },
  { do: 'remove', key: 'v' },
  { do: 'remove', key: 'three' },
]

/**
 * @param {Case['faults']} faults
 * @returns {Case}
 */
const caseWith = (faults) => ({ profile: 'bind', clients: [actions], order: [], faults, rests: [150, 300, 450] })

/** Of the scheduler, in which it is done. */
const steps = 880

/** As it goes when nothing happens. */
export const plain = caseWith([])

/** What leaves names as they were written, where few are not synced, and lets only what is in the files be lost. */
const allNames = 720_720

/**
 * The same with power that goes once, at one step after the other.
 * @param {number} from
 * @param {number} every
 * @param {boolean} keepsNames
 */
export const powerGoes = (from, every, keepsNames) =>
  Array.from({ length: Math.floor((steps - from) / every) }, (_, at) =>
    // Which of what is not synced is lost is told from the number.
    caseWith([
      {
        fault: 'powerLoss',
        at: from + at * every,
        detail: keepsNames ? allNames * ((at * 7) % 4_096) : (at * 0x9e3779b1 + 1) >>> 0,
      },
    ]),
  )
