// @ts-check
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { levelStore } from '@varve/store-level'
import { laneCount, openLanes } from '../../packages/backend-hcs/dist/src/lanes/lanes.js'

/** What a lane does here: it hangs as in a call of Windows, until the test lets it go. */
const program = new URL('../../packages/backend-hcs/dist/test/support/lane-program.js', import.meta.url)

/**
 * @template A
 * @param {() => Promise<{ _tag: 'Right', right: A } | { _tag: 'Left', left: { message: string } }>} task
 */
const right = async (task) => {
  const outcome = await task()
  if (outcome._tag === 'Left') throw new Error(outcome.left.message)
  return outcome.right
}

test('appends complete while every lane of the HCS backend hangs in a call', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'varve-appends-'))
  const shared = new Int32Array(new SharedArrayBuffer(16))
  const lanes = openLanes(program, shared)
  const store = levelStore(join(directory, 'log'))
  try {
    const job = { name: 'hang', args: [], what: 'a call that hangs', turn: undefined, isUndone: false }
    const hanging = Array.from({ length: laneCount + 2 }, () => lanes.call(job))
    while (Atomics.load(shared, 1) < laneCount) await new Promise((resolve) => setTimeout(resolve, 1))
    let { head } = await right(store.open())
    for (let seq = 1; seq <= 50; seq++) {
      const hash = String(seq).padStart(64, '0')
      await right(store.append(head, [{ seq, hash, text: JSON.stringify({ seq, hash }) }]))
      head = { seq, hash }
    }
    assert.is(Atomics.load(shared, 1), laneCount, 'every lane still hangs')
    Atomics.store(shared, 0, 1)
    Atomics.notify(shared, 0)
    for (const outcome of await Promise.all(hanging)) assert.is(outcome._tag, 'Right')
  } finally {
    Atomics.store(shared, 0, 1)
    Atomics.notify(shared, 0)
    await lanes.end()
    await right(store.close())
    rmSync(directory, { recursive: true, force: true })
  }
})

test.run()
