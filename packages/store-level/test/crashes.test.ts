import { randomInt } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { crashRounds } from './crash/rounds.js'
import { inDirectory } from './tools.js'

const seed = Number(process.env['VARVE_SEED'] ?? randomInt(1_000_000))
console.log(`crashes.test.js: VARVE_SEED=${seed}`)
/** Wine needs milliseconds for an operation on a file. */
const rounds = process.platform === 'win32' ? 5 : 20

test(
  `what was answered is there, in the log and on disk, after each of ${rounds} kills at any moment`,
  inDirectory(async (directory) => {
    let [answered, files] = [0, 0]
    for await (const round of crashRounds({ directory, seed, rounds, broken: '', powerLoss: false })) {
      assert.equal(round.violations, [], `seed ${seed}, round ${round.round}`)
      answered += round.done + round.refused
      files += round.files
    }
    assert.ok(answered > rounds && files > rounds, `${answered} calls were answered, ${files} files compared`)
  }),
)

test.run()
