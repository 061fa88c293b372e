import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { diceFrom } from './dice.js'
import { headOf, inDirectory, records, texts, withStore } from './tools.js'

const seed = Number(process.env['VARVE_SEED'] ?? randomInt(2 ** 31))
console.log(`killed.test.js: VARVE_SEED=${seed}`)

const script = fileURLToPath(new URL('child/run.js', import.meta.url))
const rounds = 12

const { random } = diceFrom(seed)

/** Lets a process append for so long after its first acknowledgement; answers the last record that it acknowledged. */
const appendFor = async (path: string, milliseconds: number): Promise<number> => {
  const child = spawn(process.execPath, [script, 'append', path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let acknowledged = 0
  let timer: NodeJS.Timeout | undefined
  for await (const line of createInterface(child.stdout)) {
    acknowledged = Number(line)
    timer ??= setTimeout(() => child.kill('SIGKILL'), milliseconds)
  }
  clearTimeout(timer)
  return acknowledged
}

test(
  'what was acknowledged is there after a kill at any moment',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    let least = 0
    for (let round = 1; round <= rounds; round++) {
      const moment = random() ** 2 * 300
      const acknowledged = await appendFor(path, moment)
      const when = `round ${round}, killed ${moment.toFixed(1)} ms after the first acknowledgement`
      assert.ok(acknowledged > least, `${when}: ${acknowledged} acknowledged, ${least} were there before`)
      least = await withStore(path, async (store, { head, lost }) => {
        assert.is(lost, undefined, when)
        assert.ok(head.seq >= acknowledged, `${when}: ${head.seq} of ${acknowledged} are there`)
        assert.equal(head, headOf(head.seq), when)
        const expected = records(1, head.seq).map(({ text }) => text)
        assert.equal(await texts(store), expected, when)
        return head.seq
      })
    }
  }),
)

test.run()
