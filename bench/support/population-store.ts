import { noHash, seal, type Row, type Sealed } from '@varve/core'
import { levelStore } from '@varve/store-level'
import { must } from './must.js'
import { childrenOf, snapshotOf } from './population.js'

const rowsPerBatch = 5_000
const at = '2026-01-01T00:00:00.000000000Z'

/** Writes a log of one record whose checkpoint holds a population of that size, and answers its directory. */
export const writePopulation = async (directory: string, size: number): Promise<string> => {
  const store = levelStore(directory)
  const { log, head: empty } = must(await store.open()())
  const created = { type: 'LogCreated', data: { log }, seq: 1, at, cause: { id: '1' } } as const
  const first: Sealed = seal(noHash, created, store.sha256)
  must(await store.append(empty, [first])())
  const children = childrenOf(size)
  let rows: Row[] = []
  for (let index = 0; index < size; index++) {
    const snapshot = snapshotOf(index, children[index] ?? 0)
    rows.push({ key: `s${snapshot.name}`, value: JSON.stringify(snapshot) })
    if (rows.length < rowsPerBatch) continue
    must(await store.append(first, [], rows)())
    rows = []
  }
  const end = { version: 1, log, seq: 1, at, lastId: size, hash: first.hash }
  must(await store.append(first, [], [...rows, { key: 'h', value: JSON.stringify(end) }])())
  must(await store.close()())
  return directory
}
