import * as E from 'fp-ts/lib/Either.js'
import type { Backend } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { execute, kinds, right, withBackend } from './support/backends.js'
import { chunksOf, collected, exportOf, importInto, mebibyte, tar, unpackOnly } from './support/streams.js'
import { importing } from './support/tars.js'

for (const [name, kind] of Object.entries(kinds)) {
  const law = (title: string, body: (backend: Backend) => Promise<void>): void =>
    test(`${name}: ${title}`, () => withBackend(kind, body))

  law('chunks that are given back come again with other bytes', async (backend) => {
    await right(execute(backend, unpackOnly))
    await right(importInto(backend, chunksOf(tar, mebibyte)))
    const spent: Uint8Array[] = []
    const options = { signal: new AbortController().signal, progress: () => undefined, spent: () => spent.pop() }
    const parts: Buffer[] = []
    const lengths: number[] = []
    const given: Uint8Array[] = []
    for await (const chunk of backend.exportLayer({ id: 1, parents: [] }, options)) {
      if (E.isLeft(chunk)) throw new Error(chunk.left.message)
      parts.push(Buffer.from(chunk.right))
      lengths.push(chunk.right.length)
      spent.push(chunk.right.fill(0xff))
      given.push(chunk.right)
    }
    assert.is(Buffer.compare(Buffer.concat(parts), tar), 0)
    // What another thread has taken is empty here.
    if (name === 'disk') assert.ok(given.filter(({ length }) => length === 0).length > lengths.length / 2)
  })

  law('chunks of a tar are given back when they are used', async (backend) => {
    await right(execute(backend, unpackOnly))
    let back = 0
    const spend = (chunk: Uint8Array): void => {
      back += chunk.length
      chunk.fill(0xff)
    }
    const options = { signal: new AbortController().signal, progress: () => undefined, spend }
    await right(backend.execute(importing(1), { ...options, tar: chunksOf(tar, 100_000) }))
    assert.is(Buffer.compare(await collected(exportOf(backend)), tar), 0)
    assert.is(back, name === 'disk' ? tar.length : 0)
  })
}

test.run()
