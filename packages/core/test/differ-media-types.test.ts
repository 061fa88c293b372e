import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  comparedAs,
  compressionOf,
  detectCompression,
  gzipLayerMediaType,
  longestMagic,
  zstdLayerMediaType,
} from '../src/differ/media-types.js'

const oci = 'application/vnd.oci.image.layer.v1.tar'
const nondistributable = 'application/vnd.oci.image.layer.nondistributable.v1.tar'
const docker = 'application/vnd.docker.image.rootfs'

const read: readonly (readonly [mediaType: string, how: 'none' | 'detect' | undefined])[] = [
  [oci, 'none'],
  [`${oci}+gzip`, 'detect'],
  [`${oci}+zstd`, 'detect'],
  [nondistributable, 'none'],
  [`${nondistributable}+gzip`, 'detect'],
  [`${nondistributable}+zstd`, 'detect'],
  // The last suffix by alphabet counts, not the last one written.
  [`${oci}+encrypted`, 'none'],
  [`${oci}+encrypted+gzip`, 'detect'],
  [`${oci}+gzip+encrypted`, 'detect'],
  [`${oci}+gzip+other`, 'none'],
  [`${oci}+zstd+other`, 'detect'],
  [`${oci}.gzip`, undefined],
  [`${oci}+`, 'none'],
  [`${docker}.diff.tar`, 'detect'],
  [`${docker}.diff.tar.gzip`, 'detect'],
  [`${docker}.diff.tar.zstd`, 'detect'],
  [`${docker}.foreign.diff.tar`, 'detect'],
  [`${docker}.foreign.diff.tar.gzip`, 'detect'],
  [`${docker}.foreign.diff.tar.zstd`, undefined],
  [`${docker}.diff.tar+gzip`, 'none'],
  [`${docker}.diff.tar.gzip+encrypted`, 'none'],
  ['application/vnd.oci.image.config.v1+json', undefined],
  ['application/x-tar', undefined],
  [oci.toUpperCase(), undefined],
  ['', undefined],
]

test('how a layer is read is told by its media type', () => {
  for (const [mediaType, how] of read) assert.is(compressionOf(mediaType), how, mediaType)
})

test('how a layer is written is told by its media type', () => {
  assert.is(comparedAs(oci), 'none')
  assert.is(comparedAs(gzipLayerMediaType), 'gzip')
  assert.is(comparedAs(zstdLayerMediaType), 'zstd')
  assert.is(gzipLayerMediaType, `${oci}+gzip`)
  assert.is(zstdLayerMediaType, `${oci}+zstd`)
  for (const mediaType of [nondistributable, `${docker}.diff.tar.gzip`, `${oci}+encrypted+gzip`, ''])
    assert.is(comparedAs(mediaType), undefined, mediaType)
})

const skippable = (low: number): readonly number[] => [low, 0x2a, 0x4d, 0x18, 1, 0, 0, 0]

const heads: readonly (readonly [what: string, head: readonly number[], found: 'none' | 'gzip' | 'zstd'])[] = [
  ['nothing', [], 'none'],
  ['gzip', [0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0xff], 'gzip'],
  ['no more than the mark of gzip', [0x1f, 0x8b, 0x08], 'gzip'],
  ['the mark of gzip, cut', [0x1f, 0x8b], 'none'],
  ['gzip of another method', [0x1f, 0x8b, 0x00, 0], 'none'],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd, 0x24, 0, 0, 0, 0, 0], 'zstd'],
  ['no more than the mark of zstd', [0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  ['the mark of zstd, cut', [0x28, 0xb5, 0x2f], 'none'],
  ['zstd whose first frame is skipped', skippable(0x50), 'zstd'],
  ['the last kind of frame that is skipped', skippable(0x5f), 'zstd'],
  ['what comes after the last kind', skippable(0x60), 'none'],
  ['what comes before the first kind', skippable(0x4f), 'none'],
  ['a frame that is skipped, without all of its size', skippable(0x50).slice(0, 7), 'none'],
  ['a tar', [...new TextEncoder().encode('Files/Wind')], 'none'],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'none'],
  ['gzip that does not begin at once', [0, 0x1f, 0x8b, 0x08], 'none'],
]

test('compression is found by the first bytes', () => {
  for (const [what, head, found] of heads) assert.is(detectCompression(Uint8Array.from(head)), found, what)
})

test('ten bytes are enough to find it', () => {
  assert.is(longestMagic, 10)
  for (const [what, head, found] of heads) {
    const longer = Uint8Array.from([...head.slice(0, longestMagic), ...Array.from({ length: 100 }, () => 0xaa)])
    // A cut mark stays cut only where nothing follows it.
    if (head.length >= 8) assert.is(detectCompression(longer.subarray(0, longestMagic)), found, what)
  }
})

test.run()
