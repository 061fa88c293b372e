import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { explain, importBundle, redecide, replay } from '@varve/core'
import { ok } from './support/runtime.js'

/** Recorded bundles and the digests they lead to, in every engine. They are never made anew: see support/make-bundle-fixture.ts. */
const digests = {
  'bundle-v1': '9b8aa2f140662285e434c7ee75a4c116072296a855d223752731ef8ea1809d5c',
} as const

for (const [name, digest] of Object.entries(digests)) {
  const content = readFileSync(new URL(`../../test/fixtures/${name}.ndjson`, import.meta.url))

  test(`${name} leads to the digest that it always led to`, async () => {
    const bundle = await ok(importBundle(content))
    const replayed = replay(bundle.records, { profile: bundle.profile })
    assert.is(E.isRight(replayed) && replayed.right.digest, digest)
    assert.is(E.isRight(replayed) && replayed.right.hash, bundle.head.hash)
  })

  test(`${name} is decided today as it was then`, async () => {
    const bundle = await ok(importBundle(content))
    assert.equal(redecide(bundle), E.right({ inputs: bundle.inputs.length, divergence: null }))
    assert.is(bundle.inputs.length, bundle.records.length - 1)
  })

  test(`${name} still explains`, async () => {
    const { records } = await ok(importBundle(content))
    const explanation = explain(records, 'gone')
    assert.is(E.isRight(explanation) && explanation.right.ended?.by, 'a cleaner')
  })
}

test.run()
