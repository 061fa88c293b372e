// @ts-check
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { directoryContent } from '@varve/store-level'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../setup.mjs'
import { treeOf } from './fixture.mjs'

/** @param {Uint8Array | string} bytes */
const sha256 = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const place = treeOf({
  'from/a.txt': 'moved by the last layer\n',
  'from/b.txt': 'deleted by the last layer\n',
  'from/aux.txt': 'Windows has no such name\n',
  'from/deep/er/third.txt': 'left as it is\n',
  'tmp/.keep': '',
  'node.exe': 'MZ, or so it says',
  'no-program': 'ELF',
  'taken/notes.txt': 'not to be touched',
  'broken/index.json': '{}',
  'other/oci-layout': '{"imageLayoutVersion":"1.0.0"}',
  'other/index.json': '{"schemaVersion":2,"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"1.2"}}]}',
})
const image = join(place, 'image')
const sources = ['--from', join(place, 'from'), '--node-exe', join(place, 'node.exe')]

/**
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
const build = (args, env = {}) =>
  spawnSync(process.execPath, [join(root, 'scripts/example.mjs'), 'build-image', ...args], {
    encoding: 'utf8',
    env: { ...process.env, SOURCE_DATE_EPOCH: '', TMPDIR: join(place, 'tmp'), ...env },
  })

/** @param {string} output */
const linesOf = (output) =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

/**
 * @param {string} digest
 * @param {string} [layout]
 */
const fileOf = (digest, layout = image) => join(layout, 'blobs/sha256', digest.slice(7))

/** The documents of the image in a layout, each checked against its descriptor. */
const readImage = (layout = image) => {
  /** @param {{ digest: string, size: number }} descriptor */
  const blob = ({ digest, size }) => {
    const bytes = readFileSync(fileOf(digest, layout))
    assert.is(sha256(bytes), digest)
    assert.is(bytes.length, size)
    return bytes
  }
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'))
  assert.is(manifests.length, 1)
  const manifest = JSON.parse(blob(manifests[0]).toString())
  return {
    digest: manifests[0].digest,
    manifest,
    config: JSON.parse(blob(manifest.config).toString()),
    diffIds: manifest.layers.map((/** @type {{ digest: string, size: number }} */ layer) =>
      sha256(gunzipSync(blob(layer))),
    ),
  }
}

test('an image is written, unpacked once though asked for twice, and reads back equal', () => {
  const { status, stdout, stderr } = build(['--json', '--out', image, ...sources])
  assert.is(status, 0, stdout + stderr)
  const lines = linesOf(stdout)
  const summary = lines.find(({ kind }) => kind === 'summary')
  assert.is(summary['problems found'], 0)
  assert.is(summary['entries left out'], 1)
  assert.ok(lines.some(({ kind, text }) => kind === 'note' && text.startsWith('left out aux.txt: ')))
  assert.is(summary['deleted in layer 3'], 'Users/Public/Documents/decisions, app/b.txt')
  assert.is(summary['moved in layer 3'], 'app/a.txt to moved/a.txt')
  const applied = lines.filter(({ kind, record }) => kind === 'event' && record.type === 'Applied')
  assert.is(applied.length, 3)
  assert.ok(summary['files read back equal'] > summary['files in the image'])

  const { config, diffIds } = readImage()
  assert.equal(config.rootfs.diff_ids, diffIds)
  const chain = diffIds.reduce((/** @type {string} */ below, /** @type {string} */ id) => sha256(`${below} ${id}`))
  assert.is(summary['chain id'], chain)
  assert.equal([config.os, config.architecture], ['windows', 'amd64'])
  assert.equal(config.config.Cmd, ['C:\\nodejs\\node.exe'])
  assert.is(config.history.length, 3)
})

test('the same files give the same image, in the same directory and in another', () => {
  const { digest } = readImage()
  for (const out of [image, join(place, 'again')]) {
    const { status, stdout, stderr } = build(['--json', '--out', out, ...sources])
    assert.is(status, 0, stdout + stderr)
    assert.is(readImage(out).digest, digest)
  }
})

test('everything has the time that SOURCE_DATE_EPOCH names; people are told without colours', () => {
  const env = { SOURCE_DATE_EPOCH: '1000000000', NO_COLOR: '1' }
  const { status, stdout, stderr } = build(['--out', image, ...sources], env)
  assert.is(status, 0, stdout + stderr)
  const { config, digest } = readImage()
  assert.is(config.created, '2001-09-09T01:46:40Z')
  assert.match(stdout, digest)
  assert.not.match(stdout, '\u001b')
})

test('nothing is left in the temporary directory', () => {
  assert.equal(readdirSync(join(place, 'tmp')), ['.keep'])
})

test('a layer that is damaged in the layout is found and told of with 1', () => {
  const [, { digest }] = readImage().manifest.layers
  const bytes = readFileSync(fileOf(digest))
  bytes[100] = (bytes[100] ?? 0) ^ 1
  chmodSync(fileOf(digest), 0o644)
  writeFileSync(fileOf(digest), bytes)
  const { status, stderr } = build(['--out', image, ...sources], { SOURCE_DATE_EPOCH: '1000000000' })
  assert.is(status, 1)
  assert.match(stderr, /InvalidArgument/)
  assert.equal(readdirSync(join(place, 'tmp')), ['.keep'])
})

test('a layout to which another run is writing is told of with 3', async () => {
  const out = join(place, 'busy')
  const writer = await directoryContent(out).writer('build-image-base')()
  if (writer._tag === 'Left') throw new Error(writer.left.message)
  const { status, stderr } = build(['--out', out, '--from', join(place, 'from')])
  await writer.right.abort()()
  assert.is(status, 3, stderr)
  assert.match(stderr, /build-image-base/)
})

test('wrong usage is refused with 2, with a reason, and nothing is written', () => {
  const out = ['--out', join(place, 'never')]
  /** @type {[string[], string, Record<string, string>?][]} */
  const cases = [
    [[], '--out DIR is missing'],
    [['--nonsense'], '--nonsense'],
    [[...out, '--from', join(place, 'no-program')], 'is not a directory'],
    [[...out, '--from', join(place, 'nowhere')], 'nowhere'],
    [[...out, '--node-exe', join(place, 'no-program')], 'does not begin with MZ'],
    [[...out, '--node-exe', join(place, 'nowhere')], 'nowhere'],
    [['--out', join(place, 'taken')], 'notes.txt, which belongs to no image layout'],
    [['--out', join(place, 'other')], 'holds other images (1.2)'],
    [['--out', join(place, 'broken')], 'no manifests in its index.json'],
    [out, 'SOURCE_DATE_EPOCH', { SOURCE_DATE_EPOCH: 'yesterday' }],
    [out, 'SOURCE_DATE_EPOCH', { SOURCE_DATE_EPOCH: '253402300800' }],
  ]
  for (const [args, reason, env] of cases) {
    const { status, stdout, stderr } = build(args, env)
    assert.is(status, 2, stderr)
    assert.is(stdout, '')
    assert.match(stderr, reason)
  }
  assert.not(existsSync(join(place, 'never')))
  assert.equal(readdirSync(join(place, 'taken')), ['notes.txt'])
  assert.equal(readdirSync(join(place, 'other')).toSorted(), ['index.json', 'oci-layout'])
})

test('help is asked for and given', () => {
  const { status, stdout } = build(['--help'])
  assert.is(status, 0)
  for (const word of ['--out DIR', '--from DIR', '--node-exe FILE', 'SOURCE_DATE_EPOCH', 'Exit codes'])
    assert.match(stdout, word)
})

test.run()
