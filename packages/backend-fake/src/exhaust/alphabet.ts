import type { Action } from '../simulate/case.js'

/** What is asked in one step of a sequence. What one of them is refused for, another makes possible. */
export type Letter = readonly Action[]

const write = (key: string): Letter => [
  { do: 'attach', key },
  { do: 'write', key, path: 'f', content: key },
]

/** Two keys, two names; `one` may get children, `two` is one of them. */
export const alphabet: readonly Letter[] = [
  [{ do: 'prepare', key: 'a' }],
  [{ do: 'prepare', key: 'b', parent: 'one' }],
  [{ do: 'view', key: 'b', parent: 'one' }],
  write('a'),
  write('b'),
  [{ do: 'delete', key: 'b', path: 'f' }],
  [{ do: 'detach', key: 'a' }],
  [{ do: 'detach', key: 'b' }],
  [{ do: 'commit', name: 'one', key: 'a' }],
  [{ do: 'commit', name: 'two', key: 'b' }],
  [{ do: 'remove', key: 'a' }],
  [{ do: 'remove', key: 'b' }],
  [{ do: 'remove', key: 'one' }],
  [{ do: 'update', name: 'one', labels: { x: '1' } }],
  [{ do: 'reopen' }],
]

/** What sequences follow: nothing, and a committed layer with a file in it. */
export const beginnings: readonly Letter[] = [
  [],
  [{ do: 'prepare', key: 'a' }, ...write('a'), { do: 'detach', key: 'a' }, { do: 'commit', name: 'one', key: 'a' }],
]
