import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readFileSync } from 'node:fs'
import { initialState, versions, type Recorded, type Replayed } from '@varve/core'
import { checkpointRows } from '../src/log/checkpoint.js'
import { keep, loaded, type Kept } from './support/checkpoints.js'
import { beginning, faultOf, replayed } from './support/logs.js'
import { asFarAs, projectionOf } from './support/projection.js'

/** Logs recorded by every version of events at rest. They are never made anew: see support/make-log-fixture.ts. */
const names = ['log-v1', 'log-v2', 'log-v3']

const fixture = (file: string): string => readFileSync(new URL(`../../test/fixtures/${file}`, import.meta.url), 'utf8')

/** Line by line; Git may have given the lines the ends that Windows likes. */
const recordsOf = (name: string): readonly string[] => fixture(`${name}.ndjson`).trimEnd().split(/\r?\n/)

/** Newer versions of the library may derive more from a record, never something else. */
const leadsTo = (replayedTo: Replayed, expected: unknown): void =>
  assert.equal(asFarAs(expected, projectionOf(replayedTo)), expected)

for (const name of names) {
  const texts = recordsOf(name)
  const expected: unknown = JSON.parse(fixture(`${name}.state.json`))

  test(`${name} leads where it led when it was recorded`, () => {
    leadsTo(replayed(texts), expected)
  })

  test(`${name} leads to the same in the other profile, which belongs to the opening`, () => {
    const { state, hash } = replayed(texts, beginning('windows-layer'))
    assert.is(state.profile, 'windows-layer')
    leadsTo({ state, hash }, expected)
  })

  test(`${name} leads to the same by way of a checkpoint after each record`, () => {
    for (let at = 1; at < texts.length; at++) {
      const { state, hash } = replayed(texts.slice(0, at))
      const kept: Kept = new Map()
      keep(kept, checkpointRows(initialState('bind'), state, hash))
      leadsTo(replayed(texts.slice(at), loaded(kept)), expected)
    }
  })

  test(`${name} without any one of its records is not taken`, () => {
    for (let at = 0; at < texts.length - 1; at++) faultOf(texts.toSpliced(at, 1))
  })
}

test('the newest fixture holds every type of event in its newest version', () => {
  const records = recordsOf(names.at(-1) ?? '').map((text) => JSON.parse(text) as Recorded)
  const kinds = new Set(records.map(({ type, v }) => `${type}@${v}`))
  assert.equal(
    [...kinds].sort(),
    Object.entries(versions.newest)
      .map(([type, v]) => `${type}@${v}`)
      .sort(),
  )
})

test.run()
