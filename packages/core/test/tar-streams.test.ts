import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeLayer, encodeLayer, type EncodedEntry } from '@varve/core/tar'
import { decoded, encoded, entriesOf, piecesOf, right, tarOf, type Whole } from './support/tar.js'
import { rawHeader } from './support/tar-raw.js'

async function* from<T>(values: Iterable<T>, ended?: () => void): AsyncGenerator<T> {
  try {
    for (const value of values) yield value
  } finally {
    ended?.()
  }
}

const all = async (chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return new Uint8Array(Buffer.concat(parts))
}

/** The Error that it ends in. */
const failure = async (running: Promise<unknown>): Promise<Error & { readonly [field: string]: unknown }> => {
  const result = await running.then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.instance(result, Error)
  return result as Error & { readonly [field: string]: unknown }
}

const file = (name: string, size: number): EncodedEntry['entry'] => {
  const times = { created: 0n, accessed: 0n, modified: 0n, changed: 0n }
  return { type: 'file', name, attributes: 0x20, times, size, hasData: true }
}

for (const name of ['base', 'child']) {
  test(`the ${name} layer comes out of its tar, and goes back into the same`, async () => {
    const found: Whole[] = []
    for await (const { entry, body } of decodeLayer(from(piecesOf(tarOf(name), [1000]))))
      found.push({ entry, body: await all(body) })
    assert.equal(found, entriesOf(name))
    const items = found.map(({ entry, body }) => ({ entry, body: from(piecesOf(body, [100])) }))
    assert.equal(await all(encodeLayer(items)), tarOf(name))
    assert.equal(
      await all(
        encodeLayer(from(items.map(({ entry }, at) => ({ entry, body: from([found[at]?.body ?? new Uint8Array()]) })))),
      ),
      tarOf(name),
    )
  })
}

test('what is decoded can be encoded as it comes', async () => {
  assert.equal(await all(encodeLayer(decodeLayer(from(piecesOf(tarOf('base'), [700]))))), tarOf('base'))
})

test('bodies that are left unread are skipped, also those read in part', async () => {
  const names: string[] = []
  let bytes = 0
  for await (const { entry, body } of decodeLayer(from(piecesOf(tarOf('base'), [64])))) {
    names.push(entry.name)
    if (entry.name !== 'Files/block') continue
    for await (const chunk of body) {
      bytes += chunk.length
      break
    }
  }
  assert.equal(
    names,
    entriesOf('base').map(({ entry }) => entry.name),
  )
  assert.is(bytes, 64)
})

test('the body of an earlier entry is no longer there', async () => {
  const entries = decodeLayer(from([tarOf('base')]))
  const bodies: AsyncIterable<Uint8Array>[] = []
  for await (const { body } of entries) bodies.push(body)
  assert.match((await failure(all(bodies[1] ?? from([])))).message, 'earlier entry')
})

test('leaving the loop ends the source', async () => {
  let ended = false
  for await (const { entry } of decodeLayer(from(piecesOf(tarOf('base'), [512]), () => (ended = true)))) {
    if (entry.name === 'Files/a.txt') break
  }
  assert.ok(ended)
})

test('no more is read than is asked for', async () => {
  let read = 0
  async function* source(): AsyncGenerator<Uint8Array> {
    for (const piece of piecesOf(tarOf('base'), [512])) {
      read += 1
      yield piece
    }
  }
  const entries = decodeLayer(source())
  const { value } = await entries.next()
  assert.ok(value !== undefined)
  assert.is(value.entry.name, 'Files')
  assert.is(read, 3, 'the header of the records, the records, the header')
  await entries.return()
})

test('a malformed tar ends in an Error with the fields of what is wrong, asked again in the same', async () => {
  const tar = [tarOf('base').subarray(0, 1536), rawHeader({ name: 'Files/../a' })]
  const names: string[] = []
  const entries = decodeLayer(from(tar))
  const reading = async (): Promise<void> => {
    for await (const { entry } of entries) names.push(entry.name)
  }
  const error = await failure(reading())
  assert.is(error.name, 'InvalidArgument')
  assert.is(error['_tag'], 'InvalidArgument')
  assert.is(error['entry'], 'Files/../a')
  assert.is(error['offset'], 1536)
  assert.match(error.message, 'tar entry "Files/../a" at byte 1536 must not have a name')
  assert.equal(names, ['Files'])
})

test('a tar that is cut off in a body fails there, and goes on failing', async () => {
  const tar = tarOf('base')
  const block = right(decoded(tar)).find(({ entry }) => entry.name === 'Files/block')
  assert.ok(block !== undefined)
  const entries = decodeLayer(from(piecesOf(tar.subarray(0, block.offset + 3 * 512 + 100), [512])))
  const reading = async (): Promise<void> => {
    for await (const { entry, body } of entries) if (entry.name === 'Files/block') await all(body)
  }
  const error = await failure(reading())
  assert.is(error['entry'], 'Files/block')
  assert.is(error['offset'], block.offset)
  assert.match(error.message, 'must be whole')
})

test('who does not hear of a failure in a body hears of it at the next entry', async () => {
  const entries = decodeLayer(from([rawHeader({ size: 1000 }), new Uint8Array(10)]))
  const { value } = await entries.next()
  assert.ok(value !== undefined)
  const error = await failure(all(value.body))
  assert.is(await failure(entries.next()), error)
})

test('a failing source is what decoding fails with', async () => {
  const wrong = new Error('the network is gone')
  async function* source(): AsyncGenerator<Uint8Array> {
    yield tarOf('base').subarray(0, 700)
    throw wrong
  }
  assert.is(await failure(decodeLayer(source()).next()), wrong)
})

test('limits and the base layer are asked for by options', async () => {
  assert.match(
    (await failure(all(encodeLayer(decodeLayer(from([tarOf('child')]), { isBase: true }))))).message,
    'delete',
  )
  assert.match(
    (await failure(all(encodeLayer(decodeLayer(from([tarOf('base')]), { entries: 3 }))))).message,
    'at most 3',
  )
})

for (const [what, body] of [
  ['too short', [new Uint8Array(3), new Uint8Array(1)]],
  ['too long', [new Uint8Array(3), new Uint8Array(3)]],
  ['missing', undefined],
] as const) {
  test(`a body that is ${what} is an error that names its entry`, async () => {
    const items = [
      { entry: file('Files/a', 1), body: from([new Uint8Array(1)]) },
      { entry: file('Files/b', 5), ...(body && { body: from(body) }) },
      { entry: file('Files/c', 0) },
    ]
    const error = await failure(all(encodeLayer(items)))
    assert.is(error.name, 'InvalidArgument')
    assert.is(error['entry'], 'Files/b')
    assert.is(error['offset'], 2048)
    assert.match(error.message, 'must have a body of 5 bytes')
  })
}

test('an entry that has no bytes has no body either', async () => {
  const entry = { ...file('Files/a', 0), type: 'directory', attributes: 0x10 } as EncodedEntry['entry']
  assert.match(
    (await failure(all(encodeLayer([{ entry, body: from([new Uint8Array(1)]) }])))).message,
    'a body of 0 bytes',
  )
  assert.is((await all(encodeLayer([{ entry, body: from([new Uint8Array()]) }]))).length, 1536 + 1024)
})

test('an entry that can not be written is an error, and both sides are ended', async () => {
  let ended = false
  const items = from([{ entry: file('Files/a:b', 0) }], () => (ended = true))
  assert.is((await failure(all(encodeLayer(items))))['entry'], 'Files/a:b')
  assert.ok(ended)
})

test('1 GiB goes through both in little memory', async () => {
  const size = 2 ** 30
  const chunk = new Uint8Array(2 ** 18)
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; left -= chunk.length) yield chunk
  }
  let length = 0
  for await (const { body: read } of decodeLayer(encodeLayer([{ entry: file('Files/a', size), body: body() }]))) {
    for await (const bytes of read) {
      length += bytes.length
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    }
  }
  assert.is(length, size)
  assert.ok(most < 16 * 2 ** 20, `${most} bytes`)
})

test('an epoch is passed on', async () => {
  const tar = await all(encodeLayer([{ entry: file('Files/a', 0) }], { epoch: 5n }))
  assert.equal(tar, right(encoded([{ entry: file('Files/a', 0), body: new Uint8Array() }], { epoch: 5n })))
  assert.not.equal(tar, right(encoded([{ entry: file('Files/a', 0), body: new Uint8Array() }])))
})

test.run()
