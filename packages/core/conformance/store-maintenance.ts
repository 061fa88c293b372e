import type { EventStore, MaintainedStore, Sealed, StoreMaintenance } from '../src/runtime/ports.js'
import { equal } from './assert.js'
import { type Case, caseOf } from './case.js'
import { emptyHead, headAfter, left, opened, readAll, recordsAfter, right, sorted, textsOf } from './ports.js'
import type { StoreSubject } from './subject.js'

type Body = (maintenance: StoreMaintenance, subject: StoreSubject) => Promise<void>

/** A case that a store without maintenance passes. */
const maintenanceCase = (name: string, body: Body): Case<StoreSubject> =>
  caseOf(`store/maintenance/${name}`, async (subject) => {
    const { maintenance } = subject.store
    if (maintenance !== undefined) await body(maintenance, subject)
  })

const held = (maintenance: StoreMaintenance): Promise<MaintainedStore> => right('maintenance', maintenance.open())

const rows = [
  { key: 'sa', value: '1' },
  { key: 'h', value: '2' },
]

/** Ten records and two rows, and the store that holds them closed again. */
const filled = async (
  subject: StoreSubject,
): Promise<{ readonly log: string; readonly records: readonly Sealed[] }> => {
  const { log } = await opened(subject)
  const records = recordsAfter(subject, emptyHead, 10)
  await right('append', subject.store.append(emptyHead, records, rows))
  await right('close', subject.store.close())
  return { log, records }
}

const fresh = maintenanceCase('an empty store says so', async (maintenance) => {
  const store = await held(maintenance)
  equal('notes', [store.facts.head, store.facts.anchor], [undefined, undefined])
  equal('records', await readAll('records', store.records()), [])
  await right('close', store.close())
  await right('close again', store.close())
})

const tells = maintenanceCase('a store tells what it holds, as often as it is asked', async (maintenance, subject) => {
  const { log, records } = await filled(subject)
  const end = { log, ...headAfter(emptyHead, records) }
  for (let times = 0; times < 2; times++) {
    const store = await held(maintenance)
    equal('log and head', [store.facts.log, store.facts.head], [log, end])
    const found = await readAll('records', store.records())
    equal(
      'records',
      found,
      records.map(({ seq, text }) => ({ seq, text })),
    )
    equal('rows', sorted(await readAll('rows', store.rows(''))), sorted(rows))
    await right('close', store.close())
  }
})

const alone = maintenanceCase('nobody has it open meanwhile', async (maintenance, subject) => {
  await opened(subject)
  await left('maintenance of an open store', maintenance.open(), 'StoreFault')
  await right('close', subject.store.close())
  const store = await held(maintenance)
  await left('maintenance once more', maintenance.open(), 'StoreFault')
  await left('open', (await subject.reopen()).open(), 'StoreFault')
  await right('close', store.close())
})

const textsIn = async (store: EventStore): Promise<readonly string[]> => readAll('read', store.read(0))

const mends = maintenanceCase('a log is cut, goes on, and is open to all again', async (maintenance, subject) => {
  const { log, records } = await filled(subject)
  const kept = records.slice(0, 6)
  const more = recordsAfter(subject, headAfter(emptyHead, kept), 2, 'mended')
  const store = await held(maintenance)
  const { hash } = headAfter(emptyHead, more)
  const gone = [{ key: 'h', value: undefined }]
  await right('mend', store.mend({ log, keep: 6, records: more, hash, rows: gone }))
  const now = [...kept, ...more].map(({ seq, text }) => ({ seq, text }))
  equal('records', await readAll('records', store.records()), now)
  await right('close', store.close())
  const again = await subject.reopen()
  const { head, lost } = await opened({ store: again })
  equal('head', [head, lost], [{ seq: 8, hash }, undefined])
  equal('texts', await textsIn(again), textsOf([...kept, ...more]))
  equal('rows', await readAll('rows', again.rows('')), [rows[0]])
  await right('append', again.append(head, recordsAfter(subject, head, 1)))
  await right('close', again.close())
})

const begins = maintenanceCase('an empty log is filled', async (maintenance, subject) => {
  const store = await held(maintenance)
  const { log } = store.facts
  const records = recordsAfter(subject, emptyHead, 3)
  const { hash } = headAfter(emptyHead, records)
  await right('mend', store.mend({ log, keep: 0, records, hash, rows: [] }))
  await right('close', store.close())
  const again = await subject.reopen()
  equal('opened', await opened({ store: again }), { log, head: { seq: 3, hash } })
  await right('close', again.close())
})

/** What a store that can be looked into and mended must do. */
export const storeMaintenanceCases: readonly Case<StoreSubject>[] = [fresh, tells, alone, mends, begins]
