import { once } from 'node:events'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { Worker } from 'node:worker_threads'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { buildStandin, canBuild, linux } from './standin/build.js'
import { bind, newPlace } from './standin/library.js'
import { makeBase, outstanding, type Kit } from './standin/kit.js'

const testHere = canBuild(linux) ? test : test.skip
const rounds = 4

/** Scratches over one base, made, shown and destroyed over and over. */
const program = (library: string, lane: number): string => `
  import { bind, info, parents } from ${JSON.stringify(new URL('standin/library.js', import.meta.url).href)}
  import { parentPort } from 'node:worker_threads'
  const standin = bind(${JSON.stringify(library)})
  const results = []
  for (let round = 0; round < ${rounds}; round++) {
    const scratch = 'C:\\\\root\\\\${lane}0' + round
    results.push(
      standin.CreateSandboxLayer(info, scratch, null, ...parents('C:\\\\root\\\\1')),
      standin.ActivateLayer(info, scratch),
      standin.PrepareLayer(info, scratch, ...parents('C:\\\\root\\\\1')),
      standin.UnprepareLayer(info, scratch),
      standin.CloseHandle(77n), standin.GetLastError() - 6,
      standin.DeactivateLayer(info, scratch),
      standin.DestroyLayer(info, scratch))
  }
  const hive = Buffer.alloc(8)
  for (let turn = 0; turn < 20_000; turn++)
    results.push(standin.ORCreateHive(hive), standin.ORCloseHive(hive.readBigUInt64LE()))
  parentPort.postMessage(results.filter((result) => result !== 0))`

testHere('four threads use it at a time', async () => {
  const library = process.env['VARVE_STANDIN'] ?? buildStandin()
  const standin = bind(library)
  const { base, host, remove } = newPlace()
  try {
    assert.is(standin.StandinRoot(base), 0)
    const write = (at: string, content: string | Uint8Array): void => {
      fs.mkdirSync(path.dirname(host(at)), { recursive: true })
      fs.writeFileSync(host(at), content)
    }
    const kit: Kit = { standin, base, host, write, read: () => '', tree: () => [] }
    makeBase(kit, 'C:\\root\\1', { 'a\\one': 'one', two: 'two' })
    const workers = [2, 3, 4, 5].map(
      (lane) => new Worker(new URL(`data:text/javascript,${encodeURIComponent(program(library, lane))}`)),
    )
    const answers: unknown[] = await Promise.all(workers.map(async (worker) => once(worker, 'message')))
    assert.equal(answers, [[[]], [[]], [[]], [[]]])
    assert.equal(fs.readdirSync(`${base}/disks`), [])
    assert.equal(outstanding(kit), [0, 0, 0])
  } finally {
    remove()
  }
})

test.run()
