import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { layerDecoder, layerEncoder } from '@varve/core/tar'
import { decoded, encoded, entriesOf, right, tarOf, wholes } from './support/tar.js'

const golden = [
  { name: 'base', isBase: true },
  { name: 'child', isBase: false },
] as const

/** Where two byte arrays part, with what is around. */
const difference = (found: Uint8Array, expected: Uint8Array): string => {
  const at = expected.findIndex((byte, index) => byte !== found[index])
  const around = (bytes: Uint8Array): string => JSON.stringify(Buffer.from(bytes.slice(at - 40, at + 40)).toString())
  return at < 0
    ? `lengths ${found.length} and ${expected.length}`
    : `byte ${at}: ${around(found)}, not ${around(expected)}`
}

const isEqual = (found: Uint8Array, expected: Uint8Array): void =>
  assert.ok(Buffer.compare(found, expected) === 0, difference(found, expected))

for (const { name, isBase } of golden) {
  test(`the ${name} layer is read as what it was made of`, () => {
    const found = wholes(right(decoded(tarOf(name), { isBase })))
    const expected = entriesOf(name)
    for (const [index, whole] of expected.entries()) assert.equal(found[index], whole, whole.entry.name)
    assert.is(found.length, expected.length)
  })

  test(`the ${name} layer is written byte by byte as archive/tar wrote it`, () => {
    isEqual(right(encoded(entriesOf(name))), tarOf(name))
  })

  test(`the ${name} layer is the same in chunks of any size`, () => {
    const tar = tarOf(name)
    const expected = right(decoded(tar, { isBase }))
    for (const length of [1, 7, 511, 512, 513, 1536, 4096]) {
      assert.equal(right(decoded(tar, { isBase }, [length])), expected, `chunks of ${length}`)
    }
  })

  test(`each offset of the ${name} layer is where the entry's headers begin`, () => {
    const tar = tarOf(name)
    for (const { offset, entry } of right(decoded(tar, { isBase }))) {
      const type = tar[offset + 156]
      const isDeletion = entry.type === 'whiteout' || entry.type === 'opaque'
      assert.ok(type === 'x'.charCodeAt(0) || (isDeletion && type === '0'.charCodeAt(0)), entry.name)
    }
  })
}

test('a base layer is none that could be a child, and the other way round', () => {
  assert.ok(E.isRight(decoded(tarOf('base'))))
  assert.ok(E.isLeft(decoded(tarOf('child'), { isBase: true })))
})

test('the headers of 8 GiB are written and read without the bytes', () => {
  const tar = tarOf('huge')
  const [huge] = entriesOf('huge')
  assert.ok(huge !== undefined)
  isEqual(right(layerEncoder().entry(huge.entry)), tar)
  const decoder = layerDecoder()
  assert.equal(right(decoder.push(tar)), [{ type: 'entry', entry: huge.entry, offset: 0 }])
})

test('8 GiB of body are passed on, and the tar goes on behind them', () => {
  const [huge] = entriesOf('huge')
  assert.ok(huge !== undefined && huge.entry.type === 'file')
  const decoder = layerDecoder()
  right(decoder.push(tarOf('huge')))
  const chunk = new Uint8Array(2 ** 24)
  let length = 0
  for (let left = huge.entry.size; left > 0; left -= chunk.length)
    for (const item of right(decoder.push(chunk))) if (item.type === 'bytes') length += item.bytes.length
  assert.is(length, huge.entry.size)
  const [next] = right(decoder.push(tarOf('child').subarray(0)))
  assert.ok(next?.type === 'entry')
  assert.is(next.entry.name, 'Files')
  assert.is(next.offset, tarOf('huge').length + huge.entry.size)
})

test('with an epoch every time is that one, and nothing else is different', () => {
  const epoch = 1_600_000_000_500_000_000n
  const times = { created: epoch, accessed: epoch, modified: epoch, changed: epoch }
  const tar = right(encoded(entriesOf('base'), { epoch }))
  const expected = entriesOf('base').map(({ entry, body }) => ({
    entry: 'times' in entry ? { ...entry, times } : entry,
    body,
  }))
  assert.equal(wholes(right(decoded(tar, { isBase: true }))), expected)
  isEqual(tar, right(encoded(expected)))
})

test.run()
