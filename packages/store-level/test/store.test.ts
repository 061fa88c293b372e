import * as E from 'fp-ts/lib/Either.js'
import { writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Level } from 'level'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { levelStore } from '../src/index.js'
import {
  append,
  collect,
  done,
  emptyHead,
  fails,
  headOf,
  inDirectory,
  record,
  records,
  texts,
  withStore,
} from './tools.js'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test(
  'an empty store has a new log each time, and keeps it from the first append on',
  inDirectory(async (directory) => {
    const path = join(directory, 'deep', 'down', 'log')
    const first = await withStore(path, async (_, opened) => opened)
    assert.match(first.log, uuid)
    assert.equal(first, { log: first.log, head: emptyHead })
    const second = await withStore(path, async (store, opened) => {
      assert.is.not(opened.log, first.log)
      await append(store, 1, 3)
      return opened
    })
    const third = await withStore(path, async (_, opened) => opened)
    assert.equal(third, { log: second.log, head: headOf(3) })
  }),
)

test(
  'records and rows come back as they were given, in order',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    const row = (number: number): { key: string; value: string } => ({
      key: `s${String(number).padStart(4, '0')}`,
      value: `ä😀${number}`,
    })
    const rows = Array.from({ length: 600 }, (_, index) => row(index))
    await withStore(path, async (store) => {
      await append(store, 1, 2500, rows.toReversed())
      await append(store, 2501, 2501, [
        { key: 's0003', value: undefined },
        { key: 's0004', value: '' },
        { key: '😀', value: 'beyond the basic plane' },
        { key: 't', value: 'other prefix' },
      ])
    })
    await withStore(path, async (store) => {
      const read = await collect(store.read(0))
      assert.equal(
        read.all,
        records(1, 2501).map(({ text }) => text),
      )
      assert.is(read.fault, undefined)
      assert.ok(Math.max(...read.sizes) <= 1000)
      assert.equal(await texts(store, 2499), [record(2500).text, record(2501).text])
      assert.equal(await texts(store, 2501), [])
      assert.equal(await texts(store, 9999), [])
      const found = await collect(store.rows('s'))
      const expected = rows.filter(({ key }) => key !== 's0003')
      expected[3] = { key: 's0004', value: '' }
      assert.equal(found.all, expected)
      assert.ok(Math.max(...found.sizes) <= 250)
      assert.equal((await collect(store.rows('s001'))).all, rows.slice(10, 20))
      assert.equal((await collect(store.rows('😀'))).all, [{ key: '😀', value: 'beyond the basic plane' }])
      assert.is((await collect(store.rows(''))).all.length, 601)
      assert.equal((await collect(store.rows('x'))).all, [])
    })
  }),
)

test(
  'an append that does not expect the end of the log is refused and writes nothing',
  inDirectory((directory) =>
    withStore(join(directory, 'log'), async (store) => {
      await append(store, 1, 2)
      const behind = await fails(store.append(headOf(1), records(2, 2), [{ key: 'a', value: '1' }]), 'STALE_HEAD')
      assert.match(behind, headOf(1).hash)
      assert.match(behind, headOf(2).hash)
      await fails(store.append(headOf(2, 'other'), records(3, 3)), 'STALE_HEAD')
      await fails(store.append(headOf(3), records(4, 4)), 'STALE_HEAD')
      await fails(store.append(headOf(2), records(4, 4)), 'INVALID_RECORDS')
      await fails(store.append(headOf(2), [record(3), record(5)]), 'INVALID_RECORDS')
      await fails(store.append(headOf(2), [{ ...record(3), hash: 'short' }]), 'INVALID_RECORDS')
      assert.equal(await texts(store), [record(1).text, record(2).text])
      assert.equal((await collect(store.rows(''))).all, [])
      await append(store, 3, 3)
      await done(store.append(headOf(3), []))
      assert.is((await texts(store)).length, 3)
    }),
  ),
)

test(
  'rows alone leave the head where it is',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    await withStore(path, async (store) => {
      await done(store.append(emptyHead, [], [{ key: 'a', value: '0' }]))
      await append(store, 1, 1)
      await done(store.append(headOf(1), [], [{ key: 'a', value: '1' }]))
    })
    await withStore(path, async (store, { head }) => {
      assert.equal(head, headOf(1))
      assert.equal((await collect(store.rows('a'))).all, [{ key: 'a', value: '1' }])
    })
  }),
)

test(
  'two appends that were not awaited are not both accepted',
  inDirectory((directory) =>
    withStore(join(directory, 'log'), async (store) => {
      const first = store.append(emptyHead, records(1, 1))()
      const second = store.append(emptyHead, records(1, 1, 'other'))()
      assert.ok(E.isRight(await first))
      assert.ok(E.isLeft(await second))
      assert.equal(await texts(store), [record(1).text])
    }),
  ),
)

test(
  'a record that is missing is noticed and named',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    await withStore(path, (store) => append(store, 1, 1500))
    const database = new Level(path)
    await database.open()
    const key = (seq: number): string => `e${String(seq).padStart(16, '0')}`
    await database.batch().del(key(1204)).del(key(1205)).write()
    await database.close()
    await withStore(path, async (store) => {
      const { all, fault } = await collect(store.read(0))
      assert.is(all.length, 1203)
      assert.is(fault?.code, 'MISSING_RECORDS')
      assert.match(fault?.message ?? '', '1204 to 1205')
      assert.is((await texts(store, 1205)).length, 295)
      const cut = await collect(store.read(1204))
      assert.equal(cut.all, [])
      assert.match(cut.fault?.message ?? '', 'no record 1205 ')
    })
    await database.open()
    await database.batch().del(key(1500)).write()
    await database.close()
    assert.match(await fails(levelStore(path).open(), 'MISSING_RECORDS'), 'no record 1500 ')
  }),
)

test(
  'each append is one synced batch, and a record that vanishes at the end of an open log is noticed',
  inDirectory(async (directory) => {
    const { open, batch } = Level.prototype
    const databases: Level[] = []
    const written: unknown[] = []
    Object.assign(Level.prototype, {
      open(this: Level) {
        databases.push(this)
        return open.call(this, {})
      },
      batch(this: Level, ...operations: unknown[]) {
        assert.equal(operations, [], 'a chained batch')
        const chained = batch.call(this)
        const write = chained.write.bind(chained)
        return Object.assign(chained, {
          write: (options: object) => {
            written.push(options)
            return write(options)
          },
        })
      },
    })
    try {
      await withStore(join(directory, 'log'), async (store) => {
        await append(store, 1, 64, [{ key: 'a', value: '1' }])
        await append(store, 65, 65)
        assert.equal(written, [{ sync: true }, { sync: true }])
        await databases[0]?.del(`e${'65'.padStart(16, '0')}`)
        const { all, fault } = await collect(store.read(0))
        assert.is(all.length, 64)
        assert.match(fault?.message ?? '', 'no record 65 ')
      })
    } finally {
      Object.assign(Level.prototype, { open, batch })
    }
  }),
)

test(
  'a damaged database is a fault, and so is a head that can not be read',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    await withStore(path, (store) => append(store, 1, 1))
    const database = new Level(path)
    await database.open()
    await database.put('h', '{"seq":1')
    await database.close()
    await fails(levelStore(path).open(), 'LEVEL_CORRUPTION')
    writeFileSync(join(path, 'CURRENT'), 'nonsense')
    await fails(levelStore(path).open(), 'LEVEL_CORRUPTION')
  }),
)

test('sha256 is that of the UTF-8 bytes', () => {
  const { sha256 } = levelStore('unused')
  for (const text of ['', 'varve', 'ä😀'.repeat(1000)])
    assert.is(sha256(text), createHash('sha256').update(text, 'utf8').digest('hex'))
})

test.run()
