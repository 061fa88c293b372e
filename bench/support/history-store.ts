import { noHash, seal, type EventStore, type Head, type SealedRecord } from '@varve/core'
import { history } from './history.js'
import { must } from './must.js'

const recordsPerAppend = 1_000
/** Opens a store, writes the first `count` records of a history and answers the log's end. */
export const writeHistory = async (store: EventStore, count: number): Promise<Head> => {
  let { head } = must(await store.open()())
  let previous = noHash
  let group: SealedRecord[] = []
  for (const { event } of history()) {
    const record = seal(previous, event, store.sha256)
    previous = record.hash
    group.push(record)
    if (group.length < recordsPerAppend && record.seq < count) continue
    must(await store.append(head, group)())
    head = { seq: record.seq, hash: record.hash }
    group = []
    if (record.seq === count) break
  }
  return head
}
