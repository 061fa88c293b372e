import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { headRow } from '@varve/core/ports'
import { levelStore } from '../src/index.js'
import { append, done, fails, headOf, inDirectory, records, texts, withStore } from './tools.js'

type Sync = FileHandle['datasync']

const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

/** Runs with every file handle's `datasync` replaced. */
const withDatasync = async (file: string, replace: (real: Sync) => Sync, run: () => Promise<void>): Promise<void> => {
  const handle = await open(file, 'w')
  const prototype: { datasync: Sync } = Object.getPrototypeOf(handle)
  await handle.close()
  const real = prototype.datasync
  prototype.datasync = replace(real)
  try {
    await run()
  } finally {
    prototype.datasync = real
  }
}

test(
  'the anchor is synced at a checkpoint, within a second of a change, and at close, and not otherwise',
  inDirectory(async (directory) => {
    let syncs = 0
    const counted = (real: Sync): Sync =>
      function (this: FileHandle) {
        syncs++
        return real.call(this)
      }
    await withDatasync(join(directory, 'any'), counted, async () => {
      await withStore(join(directory, 'log'), async (store) => {
        for (let seq = 1; seq <= 5; seq++) await append(store, seq, seq)
        assert.is(syncs, 0)
        assert.not.ok(process.getActiveResourcesInfo().includes('Timeout'), 'the timer keeps no process alive')
        await sleep(1200)
        assert.is(syncs, 1, 'after a second')
        await sleep(1200)
        assert.is(syncs, 1, 'nothing to sync')
        await append(store, 6, 6, [{ key: headRow, value: '1' }])
        assert.is(syncs, 2, 'at a checkpoint')
        await append(store, 7, 7, [{ key: 'i0000000000000007', value: '1' }])
        assert.is(syncs, 2, 'not with other rows')
        await append(store, 8, 8)
        assert.is(syncs, 2)
      })
      assert.is(syncs, 3, 'at close')
    })
  }),
)

test(
  'an anchor that can not be synced stops the appends, and nothing acknowledged is lost',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    const failing = (): Sync => () => Promise.reject(Object.assign(new Error('i/o error'), { code: 'EIO' }))
    const store = levelStore(path)
    await withDatasync(join(directory, 'any'), failing, async () => {
      await done(store.open())
      await append(store, 1, 1)
      await append(store, 2, 2)
      await sleep(1200)
      const message = await fails(store.append(headOf(2), records(3, 3)), 'EIO')
      assert.match(message, 'neither done nor refused')
      assert.match(await fails(store.append(headOf(3), records(4, 4)), 'EIO'), 'takes nothing more since')
      await fails(store.close(), 'EIO')
    })
    await withStore(path, async (again) => assert.is((await texts(again)).length, 3))
  }),
)

test.run()
