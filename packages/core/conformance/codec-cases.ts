import type { Codecs, Compression } from '../src/runtime/ports.js'
import { equal, ok } from './assert.js'
import { bytesIn, chunked, collected, joined, noise, sameBytes, streamOf, textOf } from './bytes.js'
import { type Case, caseOf } from './case.js'
import { gzipMembers, rawBlock, repeatedBlock, sampleText, skippable, zstdFrame, zstdFrames } from './codec-samples.js'
import type { CodecsSubject } from './subject.js'

type CodecCase = Case<CodecsSubject>

const codecCase = (name: string, body: (codecs: Codecs) => Promise<void>): CodecCase =>
  caseOf(`codecs/${name}`, ({ codecs }) => body(codecs))

const compressions: readonly Compression[] = ['gzip', 'zstd']
const canCompress = (codecs: Codecs): readonly Compression[] =>
  compressions.filter((compression) => codecs.whyNotCompress(compression) === undefined)

const compress = (codecs: Codecs, compression: Compression, bytes: Uint8Array, size = 100_000): Promise<Uint8Array> =>
  bytesIn(`${compression} of ${bytes.length} bytes`, codecs.compress(compression, streamOf(chunked(bytes, size))))

/** Throws unless the data decompresses to `content`. */
const decompresses = async (
  codecs: Codecs,
  [what, compression]: readonly [string, Compression],
  data: Uint8Array,
  content: Uint8Array,
  size = data.length,
): Promise<void> => {
  const stream = codecs.decompress(compression, streamOf(chunked(data, Math.max(1, size))))
  sameBytes(what, await bytesIn(what, stream), content)
}

/** Throws unless the data is refused with an InvalidArgument of the field `blob`. */
const isRefused = async (
  codecs: Codecs,
  [what, compression]: readonly [string, Compression],
  data: Uint8Array,
  size = data.length,
): Promise<void> => {
  const { left } = await collected(codecs.decompress(compression, streamOf(chunked(data, Math.max(1, size)))))
  equal(`${what}: refused for`, left && [left._tag, left.field], ['InvalidArgument', 'blob'])
}

const digests: readonly (readonly [text: string, digest: string])[] = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
]

const hashing = codecCase('sha256 takes bytes in any parts', async (codecs) => {
  for (const [text, digest] of digests)
    for (const size of [1_000, 65_537, 1_000_000]) {
      const hash = codecs.sha256()
      for (const part of chunked(new TextEncoder().encode(text), size)) hash.update(part)
      equal(`${text.length} bytes in parts of ${size}`, hash.digest(), digest)
    }
})

const identity = codecCase('what was compressed decompresses to the same bytes', async (codecs) => {
  const contents = [0, 1, 70_000, 1_200_000].flatMap((length) => [noise(length), textOf(length / 40)])
  for (const compression of canCompress(codecs))
    for (const content of contents) {
      const compressed = await compress(codecs, compression, content)
      sameBytes('compressed again', await compress(codecs, compression, content, 4_321), compressed)
      for (const size of [compressed.length, 65_536, 999])
        await decompresses(codecs, [`${compression} of ${content.length}`, compression], compressed, content, size)
    }
})

const magic = codecCase('what was compressed begins as its kind does', async (codecs) => {
  const begin = async (compression: Compression, length: number): Promise<readonly number[]> =>
    Array.from((await compress(codecs, compression, sampleText)).subarray(0, length))
  // Method, no flags, no time, default level, no host (RFC 1952, 2.3).
  equal('gzip', await begin('gzip', 10), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  if (codecs.whyNotCompress('zstd') === undefined) equal('zstd', await begin('zstd', 4), [0x28, 0xb5, 0x2f, 0xfd])
})

const unable = codecCase('gzip is always written; zstd, or a StoreFault says why not', async (codecs) => {
  equal('why not gzip', codecs.whyNotCompress('gzip'), undefined)
  const why = codecs.whyNotCompress('zstd')
  if (why === undefined) return
  ok('the reason names a version', /\d+\.\d+/.test(why), why)
  const { bytes, left } = await collected(codecs.compress('zstd', streamOf([sampleText])))
  equal('compress', [bytes.length, left?._tag, left?.message.includes(why)], [0, 'StoreFault', true])
})

const members = codecCase('gzip/members of other writers, one or several, in any chunks', async (codecs) => {
  for (const [name, member, content] of gzipMembers)
    for (const size of [1, 7, member.length]) await decompresses(codecs, [name, 'gzip'], member, content, size)
  const all = joined(...gzipMembers.map(([, member]) => member))
  const content = joined(...gzipMembers.map(([, , text]) => text))
  for (const size of [1, 7, 443, 444, all.length]) await decompresses(codecs, ['several', 'gzip'], all, content, size)
  for (const order of [gzipMembers, [...gzipMembers].reverse()]) {
    const parts = order.map(([, member]) => member)
    const found = await bytesIn('gzip', codecs.decompress('gzip', streamOf(parts)))
    sameBytes('one per chunk', found, joined(...order.map(([, , text]) => text)))
  }
  const long = await compress(codecs, 'gzip', noise(1_000))
  const twice = await bytesIn('gzip', codecs.decompress('gzip', streamOf([long, long])))
  sameBytes('a long one per chunk', twice, joined(noise(1_000), noise(1_000)))
})

const refusedMembers = codecCase('gzip/members whose checksums or length are wrong', async (codecs) => {
  const withFields = gzipMembers[0]?.[1] ?? sampleText
  const plain = gzipMembers[1]?.[1] ?? sampleText
  const damages = [
    ['header checksum', withFields, 38],
    ['checksum', plain, plain.length - 8],
    ['length', plain, plain.length - 1],
  ] as const
  for (const [name, member, at] of damages) {
    const damaged = member.slice()
    damaged[at] = (damaged[at] ?? 0) ^ 1
    await isRefused(codecs, [name, 'gzip'], damaged)
  }
})

const checked = zstdFrames[0]?.[1] ?? sampleText
const unchecked = zstdFrames[1]?.[1] ?? sampleText
const sized = zstdFrames[2]?.[1] ?? sampleText
const repeated = (byte: number, times: number): Uint8Array => new Uint8Array(times).fill(byte)

const frames = codecCase('zstd/frames of the zstd command, one or several, in any chunks', async (codecs) => {
  for (const [name, frame] of zstdFrames)
    for (const size of [1, 7, frame.length]) await decompresses(codecs, [name, 'zstd'], frame, sampleText, size)
  const several = [skippable(0), checked, unchecked, skippable(300), skippable(7), sized, skippable(1)]
  const content = joined(sampleText, sampleText, sampleText)
  for (const size of [1, 7, 220, 10_000])
    await decompresses(codecs, ['several', 'zstd'], joined(...several), content, size)
  sameBytes('one per chunk', await bytesIn('zstd', codecs.decompress('zstd', streamOf(several))), content)
  await decompresses(codecs, ['skippable', 'zstd'], skippable(100), new Uint8Array(0))
  const mixed = [rawBlock(sampleText, false), repeatedBlock(65, 100_000, false), rawBlock(new Uint8Array(0), true)]
  for (const header of [
    [0x00, 0x38],
    [0x80, 0x38, 0x67, 0x90, 0x01, 0],
  ])
    await decompresses(
      codecs,
      ['blocks', 'zstd'],
      zstdFrame(header, ...mixed),
      joined(sampleText, repeated(65, 100_000)),
    )
})

const badFrames: readonly (readonly [name: string, data: Uint8Array])[] = [
  ['a reserved bit', zstdFrame([0x08, 0x68], rawBlock(sampleText, true))],
  ['a block of reserved type', zstdFrame([0x00, 0x68], Uint8Array.of(0x07, 0, 0))],
  ['a dictionary', zstdFrame([0x01, 0x68, 0x07], rawBlock(sampleText, true))],
  ['a window of 256 MiB', zstdFrame([0x00, 0x90], rawBlock(sampleText, true))],
  ['a window of 1 TiB', zstdFrame([0x00, 0xf0], rawBlock(sampleText, true))],
  [
    'a content and window of 16 EiB',
    zstdFrame([0xe0, 255, 255, 255, 255, 255, 255, 255, 255], rawBlock(sampleText, true)),
  ],
  ['a block over 128 KiB', zstdFrame([0x00, 0x68], repeatedBlock(65, 131_073, true))],
  ['a block over its window', zstdFrame([0x00, 0x00], repeatedBlock(65, 1_025, true))],
  ['less content than declared', zstdFrame([0x60, 0xc8, 0x08], rawBlock(sampleText, true))],
  [
    'more content than declared',
    zstdFrame([0x60, 0xc6, 0x08], rawBlock(sampleText, false), rawBlock(sampleText, true)),
  ],
  ['a wrong checksum', joined(checked.subarray(0, -1), Uint8Array.of(0))],
]

const refusedFrames = codecCase('zstd/frames that no reader should take', async (codecs) => {
  for (const [name, data] of badFrames)
    for (const size of [1, data.length]) await isRefused(codecs, [name, 'zstd'], data, size)
  await decompresses(
    codecs,
    ['a window of 128 MiB', 'zstd'],
    zstdFrame([0x00, 0x88], rawBlock(sampleText, true)),
    sampleText,
  )
})

const samples: readonly (readonly [compression: Compression, data: Uint8Array])[] = [
  ...gzipMembers.map(([, member]) => ['gzip', member] as const),
  ['zstd', checked],
]

const cut = codecCase('data that ends too early is refused', async (codecs) => {
  for (const [compression, data] of samples) {
    for (let length = 0; length < data.length; length++)
      await isRefused(codecs, [`${length} of ${data.length} bytes`, compression], data.subarray(0, length))
    const more = [1, 3, 9].map((length) => joined(data, data.subarray(0, length)))
    for (const one of more) await isRefused(codecs, [`${one.length} of twice ${data.length} bytes`, compression], one)
  }
})

const garbage = codecCase('nothing else may follow the data', async (codecs) => {
  for (const [compression, data] of samples)
    for (const rest of [new Uint8Array(1), new Uint8Array(700), noise(1), noise(100), sampleText])
      for (const parts of [[joined(data, rest)], [data, rest], [data, ...chunked(rest, 1)]]) {
        const { left } = await collected(codecs.decompress(compression, streamOf(parts)))
        equal(`${compression} and ${rest.length} bytes`, left?._tag, 'InvalidArgument')
      }
  for (const compression of compressions) await isRefused(codecs, ['text', compression], sampleText)
})

const flipped = codecCase('a flipped bit is found, or changes nothing', async (codecs) => {
  for (const [compression, data] of samples) {
    const whole = await bytesIn('whole', codecs.decompress(compression, streamOf([data])))
    // All of the short ones; of the others every third byte, or it takes too long.
    for (let at = 0; at < data.length; at += data.length < 100 ? 1 : 3)
      for (const bit of data.length < 100 ? [0, 1, 2, 3, 4, 5, 6, 7] : [at % 8]) {
        const damaged = data.slice()
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
        const { bytes, left } = await collected(codecs.decompress(compression, streamOf([damaged])))
        const what = `${compression} with bit ${bit} of byte ${at} flipped`
        if (left === undefined) sameBytes(what, bytes, whole)
        else equal(what, [left._tag, left.field], ['InvalidArgument', 'blob'])
      }
  }
})

const leftFirst = codecCase('a Left among the bytes ends the stream', async (codecs) => {
  const failure = { _tag: 'StoreFault', message: 'the disk is gone', code: 'EIO' } as const
  for (const [compression, data] of samples)
    for (const length of [0, 1, 12, data.length >> 1, data.length]) {
      const bytes = streamOf(chunked(data.subarray(0, length), 100), failure)
      equal(`after ${length} bytes`, (await collected(codecs.decompress(compression, bytes))).left, failure)
      ok('the bytes are closed', bytes.isClosed(), false)
    }
  for (const compression of canCompress(codecs))
    for (const length of [0, 1, 1_000_000]) {
      const bytes = streamOf(chunked(noise(length), 100_000), failure)
      equal(`compressing ${length} bytes`, (await collected(codecs.compress(compression, bytes))).left, failure)
    }
})

/** Takes one chunk; how much was asked of the bytes until then. */
const takeOne = async (stream: AsyncIterable<unknown>, pulled: () => number): Promise<number> => {
  for await (const _ of stream) return pulled()
  return 0
}

const early = codecCase('leaving the loop closes the bytes, of which not many were read', async (codecs) => {
  const content = noise(6_000_000)
  const data: (readonly [string, Compression, Uint8Array, 'compress' | 'decompress'])[] = [
    [
      'zstd',
      'zstd',
      zstdFrame([0x00, 0x68], ...chunked(content, 100_000).map((part) => rawBlock(part, false))),
      'decompress',
    ],
    ['gzip', 'gzip', await compress(codecs, 'gzip', content), 'decompress'],
    ...canCompress(codecs).map((compression) => [compression, compression, content, 'compress'] as const),
  ]
  for (const [name, compression, bytes, way] of data) {
    const source = streamOf(chunked(bytes, 65_536))
    const pulled = await takeOne(codecs[way](compression, source), source.pulled)
    ok(`${way} ${name}: something was read`, pulled > 0, pulled)
    ok(`${way} ${name}: at most 3,000,000 bytes for the first chunk`, pulled <= 3_000_000, pulled)
    equal(`${way} ${name}: closed when the loop is over`, source.isClosed(), true)
  }
})

const bombs = codecCase('little data that becomes much does so piece by piece', async (codecs) => {
  const zeros = new Uint8Array(100_000)
  const gzip = await bytesIn('gzip', codecs.compress('gzip', streamOf(Array.from({ length: 400 }, () => zeros))))
  const blocks = Array.from({ length: 1_000 }, () => repeatedBlock(0, 131_072, false))
  for (const [compression, data] of [
    ['gzip', gzip],
    ['zstd', zstdFrame([0x00, 0x38], ...blocks)],
  ] as const) {
    let taken = 0
    for await (const chunk of codecs.decompress(compression, streamOf([data]))) {
      const length = chunk._tag === 'Right' ? chunk.right.length : -1
      ok(`${compression}: a chunk of at most 1 MiB`, length > 0 && length <= 2 ** 20, length)
      if (++taken === 20) break
    }
    equal(`${compression}: chunks`, taken, 20)
  }
})

/** What all Codecs must do. */
export const codecCases: readonly CodecCase[] = [
  hashing,
  identity,
  magic,
  unable,
  members,
  refusedMembers,
  frames,
  refusedFrames,
  cut,
  garbage,
  flipped,
  leftFirst,
  early,
  bombs,
]
