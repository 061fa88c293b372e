import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { digest, initialState, replay, replayFrom, type ReplayedLog } from '@varve/core'
import { actions, intentsIn, plain, recordedIn, runActions } from './support/actions.js'
import { beginning, sealed, sha256 } from './support/logs.js'
import { check } from './support/random.js'

const read = (...args: Parameters<typeof replay>): ReplayedLog => {
  const replayed = replay(...args)
  if (E.isLeft(replayed)) throw new Error(replayed.left.message)
  return replayed.right
}

test('a replayed log tells the state, its digest, and with each event the intents it asked for', () => {
  check(
    fc.property(actions, (taken) => {
      const turns = runActions(taken)
      const records = recordedIn(turns)
      const { state, steps, hash, digest: found } = read(sealed(records), { sha256 })
      assert.equal(plain(state), plain(turns.at(-1)?.after ?? initialState('bind')))
      assert.is(found, digest(state))
      assert.is(hash, sealed(records).at(-1)?.slice(-66, -2) ?? beginning().hash)
      assert.equal(
        steps.map(({ event: { v: _v, hash: _hash, ...decided } }) => decided),
        records,
      )
      const intents = steps.flatMap((one) => one.intents)
      assert.equal(new Map(intents.map((intent) => [intent.id, intent])), intentsIn(turns))
    }),
    60,
  )
})

test('a log folded in parts is the log folded at once', () => {
  check(
    fc.property(actions, fc.nat(200), (taken, cut) => {
      const texts = sealed(recordedIn(runActions(taken)))
      const first = replayFrom(beginning(), texts.slice(0, cut), sha256)
      const whole = E.isLeft(first) ? first : replayFrom(first.right, texts.slice(cut), sha256)
      if (E.isLeft(whole)) throw new Error(whole.left.message)
      assert.is(digest(whole.right.state), read(texts).digest)
    }),
    60,
  )
})

/** What the recorded logs lead to, in every engine and on every system. */
const digests = {
  'log-v1': '5f63ba95f4724a218caadb50501ecbbcbc6926b0e4f405b5722d2e522c692cfd',
  'log-v2': 'eb421f2c97da841f14a36b86e9f4bb1e1d952ec1a05ec17a4e9a37131abfafd1',
} as const

for (const [name, expected] of Object.entries(digests)) {
  const text = readFileSync(new URL(`../../test/fixtures/${name}.ndjson`, import.meta.url), 'utf8')

  test(`${name} has the digest it always had, with whatever ends of lines and SHA-256`, () => {
    assert.is(read(text).digest, expected)
    assert.is(read(text.replace(/\r?\n/g, '\r\n'), { sha256, profile: 'windows-layer' }).digest, expected)
    assert.is(read(text.trimEnd().split(/\r?\n/)).digest, expected)
  })
}

test('a log that is wrong is refused with the number of the record', () => {
  const text = readFileSync(new URL('../../test/fixtures/log-v2.ndjson', import.meta.url), 'utf8')
  const messageOf = (log: string): string => {
    const replayed = replay(log)
    return E.isLeft(replayed) ? `${replayed.left.code}: ${replayed.left.message}` : 'it was taken'
  }
  assert.is(messageOf(''), 'it was taken')
  assert.match(messageOf(text.replace('"base-key"', '"base-kex"')), /^CHAIN_BROKEN: record 3 /)
  assert.match(messageOf(text.replace('\n', '\n\n')), /^MALFORMED_RECORD: record 2 /)
  assert.match(messageOf(text.slice(0, -20)), /^MALFORMED_RECORD: record 102 /)
})

test.run()
