import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import {
  alternateHead,
  alternateName,
  blockHead,
  dataHead,
  joined,
  metadataStreams,
  sparseHead,
  streamHead,
} from '../src/formats/backup-builder.js'
import { backupParser, streamIds, type BackupItem } from '../src/formats/backup-stream.js'
import { backupSummary, type BackupSummary } from '../src/formats/backup-summary.js'
import { encodeExtended } from '../src/formats/extended.js'
import { readBackup } from '../src/transport/read-backup.js'
import { check } from './support/random.js'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const refuse = (problem: string): never => {
  throw new Error(problem)
}

const piecesOf = (bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] => {
  const pieces: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? bytes.length
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

/** The items of a backup, with bytes that follow one another joined. */
const parsed = (backup: Uint8Array, lengths: readonly number[] = [Infinity]): readonly BackupItem[] => {
  const parser = backupParser(refuse)
  const items: BackupItem[] = []
  for (const piece of piecesOf(backup, lengths))
    for (const item of parser.push(piece)) {
      const last = items.at(-1)
      if (item.type === 'bytes' && last?.type === 'bytes')
        items[items.length - 1] = { type: 'bytes', bytes: joined([last.bytes, item.bytes]) }
      else items.push(item)
    }
  parser.end()
  return items
}

const summaryOf = (backup: Uint8Array, lengths?: readonly number[]): BackupSummary => {
  const summary = backupSummary(refuse)
  for (const item of parsed(backup, lengths)) summary.add(item)
  return summary.end()
}

test('heads byte by byte', () => {
  assert.is(hex(dataHead(3)), '01000000' + '00000000' + '0300000000000000' + '00000000')
  assert.is(hex(sparseHead()), '01000000' + '08000000' + '0000000000000000' + '00000000')
  assert.is(
    hex(blockHead(0x1_0000_0000, 2)),
    '09000000' + '00000000' + '0a00000000000000' + '00000000' + '0000000001000000',
  )
  const name = hex(new Uint8Array(Buffer.from(':s:$DATA', 'utf16le')))
  assert.is(hex(alternateHead('s', 5)), '04000000' + '00000000' + '0500000000000000' + '10000000' + name)
})

test('metadata comes as security, extended attributes, reparse point', () => {
  const bytes = metadataStreams({
    security: Uint8Array.of(1, 2),
    extended: { A: Uint8Array.of(9) },
    reparse: Uint8Array.of(3),
  })
  const chain = '00000000' + '00' + '01' + '0100' + '4100' + '09' + '00'
  const head = (id: string, size: string): string => `${id}000000` + '00000000' + `${size}00000000000000` + '00000000'
  assert.is(hex(bytes), head('03', '02') + '0102' + head('02', '0c') + chain + head('08', '01') + '03')
  assert.is(metadataStreams({ extended: {} }).length, 0)
})

const stream = fc.oneof(
  fc.tuple(
    fc.constantFrom(1, 2, 3, 5, 6, 7, 8, 10),
    fc.uint8Array({ maxLength: 50 }),
    fc.constant(''),
    fc.integer({ min: 0, max: 15 }),
  ),
  fc.tuple(
    fc.constant(4),
    fc.uint8Array({ maxLength: 50 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 9 }).map((name) => `:${name}:$DATA`),
    fc.constant(0),
  ),
)

test('any backup is read as it was written, in pieces of any size', () => {
  const block = fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 20 }))
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 })
  check(
    fc.property(fc.array(fc.oneof(stream, block), { maxLength: 6 }), lengths, (all, sizes) => {
      const items: BackupItem[] = []
      const parts: Uint8Array[] = []
      for (const one of all) {
        const [bytes] = [one[1]]
        if (one.length === 2) {
          parts.push(blockHead(one[0], bytes.length), bytes)
          items.push({ type: 'block', offset: one[0], size: bytes.length })
        } else {
          const [id, , name, attributes] = one
          parts.push(streamHead(id, bytes.length, name, attributes), bytes)
          items.push({ type: 'stream', id, attributes, size: bytes.length, name })
        }
        if (bytes.length > 0) items.push({ type: 'bytes', bytes })
      }
      assert.equal(parsed(joined(parts), sizes), items)
    }),
    200,
  )
})

test('payload that is passed over is as good as read', () => {
  const backup = joined([dataHead(100), new Uint8Array(100), streamHead(streamIds.link, 0)])
  const parser = backupParser(refuse)
  parser.push(backup.subarray(0, 30))
  assert.is(parser.skip(), 90)
  assert.is(parser.skip(), 0)
  assert.is(parser.push(backup.subarray(120))[0]?.type, 'stream')
  parser.end()
})

const refused: readonly (readonly [what: string, backup: Uint8Array, words: string])[] = [
  ['an unknown id', streamHead(11, 0), 'unknown kind 11'],
  ['the id 0', streamHead(0, 0), 'unknown kind 0'],
  ['a name of half a unit', joined([dataHead(0).fill(3, 16, 17)]), 'name has 3 bytes'],
  ['a name that is too long', dataHead(0).fill(0xff, 16, 18), 'name has 65535 bytes'],
  ['a size beyond 2^53', dataHead(0).fill(0xff, 8, 16), 'stream of 18446744073709551615 bytes'],
  ['a block that has no room for its offset', joined([streamHead(9, 7), new Uint8Array(8)]), 'sparse block of 7 bytes'],
  ['an end in a head', dataHead(0).subarray(0, 19), 'in the middle of the head'],
  ['an end in bytes', joined([dataHead(3), new Uint8Array(2)]), '1 bytes too early'],
  ['an end in a name', alternateHead('s', 0).subarray(0, 30), 'in the middle of the head'],
]
for (const [what, backup, words] of refused)
  for (const length of [1, Infinity])
    test(`refused: ${what}, in pieces of ${length}`, () => {
      assert.throws(
        () => parsed(backup, [length]),
        (error: Error) => error.message.includes(words),
      )
    })

const zeros = new Uint8Array(8)
const shapes: readonly (readonly [what: string, backup: Uint8Array, data: number | undefined])[] = [
  ['empty, not sparse', new Uint8Array(), undefined],
  ['empty, sparse', sparseHead(), 0],
  ['sparse without ranges', joined([sparseHead(), blockHead(70_000, 0)]), 70_000],
  ['one range over all of it', joined([dataHead(8), zeros]), 8],
  ['several ranges', joined([sparseHead(), blockHead(8, 8), zeros, blockHead(32, 8), zeros, blockHead(50, 0)]), 50],
  ['a last range at the end', joined([sparseHead(), blockHead(8, 8), zeros]), 16],
]
for (const [what, backup, data] of shapes)
  test(`the length of data: ${what}`, () => {
    assert.is(summaryOf(backup).data, data)
    assert.is(summaryOf(backup, [1]).data, data)
  })

test('everything of a file, in an unusual order', () => {
  const chain = encodeExtended({ E: Uint8Array.of(1) })
  const backup = joined([
    joined([alternateHead('one', 2), Uint8Array.of(1, 2)]),
    streamHead(streamIds.objectId, 0),
    joined([streamHead(streamIds.alternate, 0, ':two:$DATA', 8), blockHead(4, 0)]),
    joined([dataHead(1), Uint8Array.of(5)]),
    joined([streamHead(streamIds.extended, chain.length), chain]),
    joined([streamHead(streamIds.security, 2), Uint8Array.of(7, 7)]),
  ])
  assert.equal(summaryOf(backup, [3]), {
    security: Uint8Array.of(7, 7),
    extended: { E: Uint8Array.of(1) },
    data: 1,
    alternates: [
      { name: 'one', size: 2 },
      { name: 'two', size: 4 },
    ],
    isDataFirst: false,
  })
})

const wrong: readonly (readonly [what: string, backup: Uint8Array, words: string])[] = [
  ['two of data', joined([dataHead(0), dataHead(0)]), 'two streams of unnamed data'],
  ['two of security', joined([streamHead(3, 0), streamHead(3, 0)]), 'there is once'],
  ['security without end', streamHead(3, 2 ** 40), 'no data'],
  ['a block of nothing', blockHead(0, 0), 'belongs to no sparse stream'],
  ['a block of dense data', joined([dataHead(1), zeros.subarray(7), blockHead(1, 0)]), 'belongs to no sparse stream'],
  ['a block that goes back', joined([sparseHead(), blockHead(8, 8), zeros, blockHead(15, 0)]), 'before the end'],
  ['a stream that is no data', streamHead(4, 0, ':a:$INDEX_ALLOCATION'), 'called'],
  ['a chain that is none', joined([streamHead(2, 1), zeros.subarray(7)]), 'no chain'],
]
for (const [what, backup, words] of wrong)
  test(`no file: ${what}`, () => {
    const read = (): void => {
      const summary = backupSummary(refuse)
      for (const item of backupParser(refuse).push(backup)) summary.add(item)
      summary.end()
    }
    assert.throws(read, (error: Error) => error.message.includes(words))
  })

test('a backup is read whole where Windows answers nothing in less room than the head of a stream takes', () => {
  const streams = joined([streamHead(3, 60), new Uint8Array(60), alternateHead('a', 1), zeros.subarray(7), dataHead(0)])
  let at = 0
  const read = (into: Uint8Array): number => {
    // At most up to the end of a stream: a head is never cut.
    const room = into.length <= 24 ? 0 : into.length
    const part = streams.subarray(at, Math.min(at + room, at < 80 ? 80 : streams.length))
    into.set(part)
    at += part.length
    return part.length
  }
  const input = { handle: () => 1n, read, rewind: () => void (at = 0), close: () => undefined }
  for (const room of [100, 104, 128, 1000]) {
    at = 0
    const { summary, contents } = readBackup('C:\\x', input, new Uint8Array(room))
    assert.equal([summary.security?.length, summary.alternates, summary.data], [60, [{ name: 'a', size: 1 }], 0])
    assert.equal(
      [...contents()].map((part) => [part.stream, part.bytes.length]),
      [['a', 1]],
    )
  }
})

test('names of alternate streams', () => {
  assert.is(alternateName(':a b.c:$DATA'), 'a b.c')
  assert.is(alternateName('::$DATA'), undefined)
  assert.is(alternateName(':a:b:$DATA'), undefined)
})

test.run()
