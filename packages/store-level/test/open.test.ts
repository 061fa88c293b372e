import * as E from 'fp-ts/lib/Either.js'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { levelStore } from '../src/index.js'
import { append, collect, done, emptyHead, fails, headOf, inDirectory, records, texts, withStore } from './tools.js'

test(
  'after close every call is refused, and a second close succeeds',
  inDirectory(async (directory) => {
    const store = levelStore(join(directory, 'log'))
    await fails(store.append(emptyHead, records(1, 1)), 'NOT_OPEN')
    assert.is((await collect(store.read(0))).fault?.code, 'NOT_OPEN')
    await done(store.open())
    await append(store, 1, 2100)
    const reading = store.read(0)[Symbol.asyncIterator]()
    assert.ok((await reading.next()).value)
    const writing = store.append(headOf(2100), records(2101, 2200))()
    const [first, second] = [store.close()(), store.close()()]
    await fails(store.open(), 'CLOSED')
    await fails(store.append(headOf(2200), records(2201, 2201)), 'CLOSED')
    assert.ok(E.isRight(await writing), 'an append under way ends first')
    assert.ok(E.isRight(await first) && E.isRight(await second))
    await done(store.close())
    const rest = await reading.next()
    assert.is(rest.done === true || E.isRight(rest.value) ? undefined : rest.value.left.code, 'CLOSED')
    assert.is((await reading.next()).done, true)
    assert.is((await collect(store.rows(''))).fault?.code, 'CLOSED')
    await withStore(join(directory, 'log'), async (again) => assert.is((await texts(again)).length, 2200))
    const never = levelStore(join(directory, 'never'))
    await done(never.close())
    await fails(never.open(), 'CLOSED')
  }),
)

test(
  'a store that is closed while it opens lets go of the log',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    const store = levelStore(path)
    const opening = store.open()()
    await done(store.close())
    assert.ok(E.isRight(await opening))
    await withStore(path, (again) => append(again, 1, 1))
  }),
)

test(
  'the same directory under another name is in use, and can be opened once it is closed',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    await withStore(path, async (store) => {
      symlinkSync(path, join(directory, 'alias'), 'junction')
      await fails(store.open(), 'IN_USE')
      await fails(levelStore(path).open(), 'IN_USE')
      const second = levelStore(join(directory, 'alias'))
      await fails(second.open(), 'IN_USE')
      await append(store, 1, 1)
    })
    await withStore(join(directory, 'alias'), async (_, { head }) => assert.equal(head, headOf(1)))
  }),
)

if (process.platform === 'win32')
  test(
    'the same directory in another spelling is in use',
    inDirectory(async (directory) => {
      const path = join(directory, 'log')
      await withStore(path, async () => fails(levelStore(path.toUpperCase()).open(), 'IN_USE'))
    }),
  )

test(
  'a directory that can not be made is a fault with the code of the host, and open may be tried again',
  inDirectory(async (directory) => {
    writeFileSync(join(directory, 'file'), '')
    await fails(levelStore(join(directory, 'file')).open(), 'EEXIST')
    await fails(
      levelStore(join(directory, 'file', 'below')).open(),
      process.platform === 'win32' ? 'EEXIST' : 'ENOTDIR',
    )
    mkdirSync(join(directory, 'log.head'))
    const store = levelStore(join(directory, 'log'))
    assert.match(await fails(store.open(), 'EISDIR'), 'log.head')
    await fails(store.open(), 'EISDIR')
    await fails(levelStore(join(directory, 'log')).open(), 'EISDIR')
  }),
)

test('arguments of a wrong type are reported when the store is opened', async () => {
  const make = levelStore as unknown as (path: unknown, options?: unknown) => ReturnType<typeof levelStore>
  const cases: readonly (readonly [path: unknown, options: unknown, field: string, value: string])[] = [
    [undefined, undefined, 'path', 'undefined'],
    ['', undefined, 'path', '""'],
    ['a\0b', undefined, 'path', 'u0000'],
    [Symbol('x'), undefined, 'path', 'symbol'],
    [Object.create(null), undefined, 'path', 'an object'],
    ['never', null, 'options', 'null'],
    ['never', 7, 'options', '7'],
    ['never', [], 'options', 'an array'],
    ['never', { sync: false }, 'options.sync', 'false'],
    ['never', { acceptLoss: true }, 'options.acceptLoss', 'true'],
    ['never', { acceptLoss: { before: 1 } }, 'options.acceptLoss.before', '1'],
    ['never', { acceptLoss: {} }, 'options.acceptLoss.after', 'undefined'],
    ['never', { acceptLoss: { after: '7' } }, 'options.acceptLoss.after', '"7"'],
    ['never', { acceptLoss: { after: -1 } }, 'options.acceptLoss.after', '-1'],
    ['never', { acceptLoss: { after: 1.5 } }, 'options.acceptLoss.after', '1.5'],
  ]
  for (const [path, options, field, value] of cases) {
    const store = make(path, options)
    const message = await fails(store.open(), 'INVALID_OPTION')
    assert.match(message, `levelStore: ${field} `)
    assert.match(message, value)
    await fails(store.append(emptyHead, []), 'NOT_OPEN')
    await done(store.close())
    await fails(store.open(), 'INVALID_OPTION')
  }
})

test(
  'the owner is named beside the log while it is open',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    await withStore(path, async () => {
      assert.is(JSON.parse(readFileSync(`${path}.owner`, 'utf8')).pid, process.pid)
    })
    assert.throws(() => readFileSync(`${path}.owner`), /ENOENT/)
  }),
)

test.run()
