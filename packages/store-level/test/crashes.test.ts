import { randomInt } from 'node:crypto'
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { crashRounds } from './crash/rounds.js'
import { inDirectory } from './tools.js'

const seed = Number(process.env['VARVE_SEED'] ?? randomInt(1_000_000))
console.log(`crashes.test.js: VARVE_SEED=${seed}`)
/** Wine needs milliseconds for an operation on a file. */
const rounds = process.platform === 'win32' ? 5 : 20

test(`what was answered is there, in the log and on disk, after each of ${rounds} kills at any moment`, async () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'varve-crash-')))
  let [answered, files] = [0, 0]
  for await (const { violations, ...round } of crashRounds({ directory, seed, rounds, broken: '', powerLoss: false })) {
    // Which calls are under way at a moment does not come from the seed alone, so what explains a difference is kept.
    assert.equal(violations, [], `seed ${seed}, ${JSON.stringify(round)}, all that was left is in ${directory}`)
    answered += round.done + round.refused
    files += round.files
  }
  rmSync(directory, { recursive: true })
  const work = `${answered} calls were answered, ${files} files compared`
  assert.ok(answered > rounds && files > rounds, `${work}: too few to show anything; this machine is too slow`)
})

test(
  'what explains a difference is kept, also where nobody asks for what follows it',
  inDirectory(async (directory) => {
    for await (const { violations } of crashRounds({
      directory,
      seed,
      rounds,
      broken: 'idle-destroy',
      powerLoss: false,
    }))
      if (violations.length > 0) break
    const names = readdirSync(directory)
    assert.equal(
      ['told.ndjson', 'expected.json', 'found.json', 'log', 'layers'].filter((name) => !names.includes(name)),
      [],
    )
  }),
)

test.run()
