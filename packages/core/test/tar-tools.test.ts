import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import { extract } from 'tar-stream'
import { encoded, entriesOf, right, tarFixture, type Whole } from './support/tar.js'
import { layers } from './support/tar-arbitrary.js'
import { go, has } from './support/tar-writers.js'
import { seed } from './support/random.js'

const testWith = (tool: string): typeof test | typeof test.skip => (has(tool) ? test : test.skip)

const nameOf = ({ entry }: Whole): string => {
  const slash = entry.name.lastIndexOf('/') + 1
  if (entry.type === 'stream') return `${entry.name}:${entry.stream}`
  if (entry.type === 'opaque') return `${entry.name}/.wh..wh..opq`
  return entry.type === 'whiteout' ? `${entry.name.slice(0, slash)}.wh.${entry.name.slice(slash)}` : entry.name
}

const typeOf = ({ entry }: Whole): string =>
  entry.type === 'directory' ? '5' : entry.type === 'link' ? '1' : 'target' in entry ? '2' : '0'

const targetOf = ({ entry }: Whole): string => ('target' in entry ? entry.target : '')

const golden = [...entriesOf('base'), ...entriesOf('child')]
const random = fc.sample(layers(false), { seed, numRuns: 10 })

const command =
  (tool: string, ...args: readonly string[]) =>
  (tar: Uint8Array): readonly string[] => {
    const env = { ...process.env, LC_ALL: 'C.UTF-8' }
    const { status, stdout, stderr } = spawnSync(tool, args, { input: tar, env, maxBuffer: 2 ** 26 })
    assert.is(status, 0, stderr.toString())
    assert.is(stderr.toString(), '')
    return stdout.toString().trimEnd().split('\n')
  }

testWith('go')('archive/tar makes the golden layers that are committed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'varve-golden-'))
  try {
    go(['make', folder])
    for (const name of ['base', 'child', 'huge']) {
      const made = readFileSync(join(folder, `${name}.tar.gz.b64`), 'utf8')
      assert.is(made, tarFixture(`${name}.tar.gz.b64`).replaceAll('\r', ''))
      const entries: unknown = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
      assert.equal(entries, JSON.parse(tarFixture(`${name}.json`)))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

type Listed = {
  readonly name: string
  readonly type: string
  readonly size: number
  readonly target: string
  readonly modified: string
  readonly records: Readonly<Record<string, string>> | null
  readonly sha256: string
}

testWith('go')('archive/tar reads what we write', () => {
  for (const layer of [golden, ...random.slice(0, 3)]) {
    const lines = Buffer.from(go(['list'], right(encoded(layer))))
      .toString()
      .trimEnd()
      .split('\n')
    const listed = lines.map((line) => JSON.parse(line) as Listed)
    assert.is(listed.length, layer.length)
    for (const [at, whole] of layer.entries()) {
      const found = listed[at]
      assert.ok(found !== undefined)
      const { name, type, size, target, modified, records, sha256 } = found
      assert.equal({ name, type, target }, { name: nameOf(whole), type: typeOf(whole), target: targetOf(whole) })
      assert.is(size, whole.body.length)
      assert.is(sha256, createHash('sha256').update(whole.body).digest('hex'))
      if (!('times' in whole.entry)) continue
      assert.is(BigInt(modified), BigInt.asIntN(64, whole.entry.times.modified))
      assert.is(records?.['MSWINDOWS.fileattr'], String(whole.entry.attributes))
    }
  }
})

testWith('bsdtar')('bsdtar lists what we write', () => {
  assert.equal(command('bsdtar', '-tf', '-')(right(encoded(golden))), golden.map(nameOf))
})

testWith('tar')('GNU tar lists what we write', () => {
  const names = command('tar', '--quoting-style=literal', '--warning=no-unknown-keyword', '-tf', '-')
  assert.equal(names(right(encoded(golden))), golden.map(nameOf))
})

test('tar-stream reads what we write', async () => {
  for (const layer of [golden, ...random]) {
    const found: unknown[] = []
    const source = extract()
    Readable.from([right(encoded(layer))]).pipe(source)
    for await (const entry of source) {
      const parts: Uint8Array[] = []
      for await (const part of entry) parts.push(part as Uint8Array)
      const { name, type, linkname } = entry.header
      found.push({ name, type, linkname: linkname ?? '', body: Buffer.concat(parts).toString('hex') })
    }
    const types: Readonly<Record<string, string>> = { 5: 'directory', 1: 'link', 2: 'symlink', 0: 'file' }
    const expected = layer.map((whole) => ({
      name: nameOf(whole),
      type: types[typeOf(whole)],
      linkname: targetOf(whole),
      body: Buffer.from(whole.body).toString('hex'),
    }))
    assert.equal(found, expected)
  }
})

test.run()
