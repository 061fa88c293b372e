import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
  lengthsOf,
  loseAfter,
  record,
  texts,
  withStore,
  writeAheadLog,
} from './tools.js'

const slotAt = [0, 4096] as const

/** Damages one digit of a slot of the head file, as a write cut short would. */
const tear = (file: string, slot: 0 | 1): void => {
  const content = readFileSync(file)
  const at = slotAt[slot] + 60
  content[at] = content[at] === 0x30 ? 0x31 : 0x30
  writeFileSync(file, content)
}

/** The number in each slot of the head file. */
const slotsOf = (file: string): number[] => {
  const content = readFileSync(file, 'latin1')
  return slotAt.map((at) => Number(content.slice(at + 46, at + 62).replaceAll('\0', '')))
}

test(
  'the head is written by turns into two slots of a file of fixed length',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    await withStore(path, async (store) => {
      for (let seq = 1; seq <= 4; seq++) await append(store, seq, seq)
      assert.equal(slotsOf(`${path}.head`), [3, 4])
      await append(store, 5, 9)
      assert.equal(slotsOf(`${path}.head`), [9, 4])
    })
    assert.is(readFileSync(`${path}.head`).length, 8192)
  }),
)

test(
  'lost records are noticed and named, and stay so until their loss is accepted and recorded',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    const lengths = await lengthsOf(path, 9)
    loseAfter(path, lengths[5])
    const message = await fails(levelStore(path).open(), 'RECORDS_LOST')
    assert.match(message, 'ends at record 6')
    assert.match(message, '7 to 9 had been acknowledged')
    assert.match(message, `levelStore(${JSON.stringify(path)}, { acceptLoss: { after: 6 } })`)
    for (const after of [5, 7, 9])
      assert.match(
        await fails(levelStore(path, { acceptLoss: { after } }).open(), 'RECORDS_LOST'),
        `not after: ${after}`,
      )
    const accept = { acceptLoss: { after: 6 } }
    const opened = await withStore(path, async (_, found) => found, accept)
    assert.equal(opened, { log: opened.log, head: headOf(6), lost: { after: 6, through: 9 } })
    await fails(levelStore(path).open(), 'RECORDS_LOST')
    await withStore(path, (store) => append(store, 7, 7), accept)
    for (const options of [undefined, accept]) {
      const found = await withStore(path, async (_, later) => later, options)
      assert.equal(found, { log: opened.log, head: headOf(7) })
    }
    await withStore(path, async (store) => {
      await append(store, 8, 8)
      assert.equal(slotsOf(`${path}.head`), [7, 8])
      assert.is((await texts(store)).length, 8)
    })
  }),
)

test(
  'damage in the middle of the write-ahead log, over which LevelDB passes silently, is noticed when reading',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    await lengthsOf(path, 500)
    const file = writeAheadLog(path)
    const content = readFileSync(file)
    content.fill(0xff, 40_000, 40_100)
    writeFileSync(file, content)
    await withStore(path, async (store, { head }) => {
      assert.equal(head, headOf(500))
      const { all, fault } = await collect(store.read(0))
      assert.is(fault?.code, 'MISSING_RECORDS')
      assert.match(fault?.message ?? '', `no record ${all.length + 1} to `)
    })
  }),
)

test(
  'a log that is gone altogether is lost, and starts as a new one when that is accepted',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    const before = await withStore(path, async (store, opened) => {
      await append(store, 1, 2)
      return opened
    })
    rmSync(path, { recursive: true })
    assert.match(await fails(levelStore(path).open(), 'RECORDS_LOST'), 'ends at record 0, but 1 to 2 had')
    await withStore(
      path,
      async (store, opened) => {
        assert.equal(opened, { log: opened.log, head: emptyHead, lost: { after: 0, through: 2 } })
        assert.is.not(opened.log, before.log)
        await append(store, 1, 1)
      },
      { acceptLoss: { after: 0 } },
    )
    await withStore(path, async (_, { head }) => assert.equal(head, headOf(1)))
  }),
)

test(
  'an anchor that is behind the log, or missing, is moved up',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    await withStore(path, (store) => append(store, 1, 2))
    cpSync(`${path}.head`, join(directory, 'old'))
    await withStore(path, (store) => append(store, 3, 5))
    cpSync(join(directory, 'old'), `${path}.head`)
    await withStore(path, async () => assert.equal(slotsOf(`${path}.head`), [2, 5]))
    rmSync(`${path}.head`)
    await withStore(path, async () => undefined)
    assert.equal(slotsOf(`${path}.head`), [5, 0])
    writeFileSync(`${path}.head`, 'no head')
    await withStore(path, async () => undefined)
    assert.equal(slotsOf(`${path}.head`), [5, 0])
  }),
)

test(
  'a torn slot does not count, the other one does',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    const lengths = await lengthsOf(path, 6)
    assert.equal(slotsOf(`${path}.head`), [5, 6])
    loseAfter(path, lengths[3])
    tear(`${path}.head`, 1)
    assert.match(await fails(levelStore(path).open(), 'RECORDS_LOST'), 'ends at record 4, but 5 had been')
    tear(`${path}.head`, 0)
    await withStore(path, async (_, { head }) => assert.equal(head, headOf(4)))
  }),
)

test(
  'another log under the same name is refused',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    const [copy, head] = [join(directory, 'copy'), join(directory, 'head')]
    await withStore(path, (store) => append(store, 1, 2))
    cpSync(path, copy, { recursive: true })
    await withStore(path, (store) => append(store, 3, 3))
    renameSync(`${path}.head`, head)
    rmSync(path, { recursive: true })
    renameSync(copy, path)
    await withStore(path, (store) => done(store.append(headOf(2), [record(3, 'other')])))
    renameSync(head, `${path}.head`)
    const forked = await fails(levelStore(path).open(), 'ANOTHER_LOG')
    assert.match(forked, record(3).hash)
    assert.match(forked, record(3, 'other').hash)
    await withStore(join(directory, 'second'), (store) => append(store, 1, 7))
    cpSync(join(directory, 'second.head'), `${path}.head`)
    assert.match(await fails(levelStore(path).open(), 'ANOTHER_LOG'), `remove ${path}.head`)
    rmSync(`${path}.head`)
    await withStore(path, async (store) => assert.is((await collect(store.read(0))).all.length, 3))
  }),
)

test.run()
