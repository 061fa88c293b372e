import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decoded, encoded, left, right, tarOf, wholes } from './support/tar.js'
import { has, sparse, withTree, writers, written, type Writer } from './support/tar-writers.js'

const testFresh = (writer: Writer): typeof test | typeof test.skip => (has(writer.tool) ? test : test.skip)

const second = 1_000_000_000n
/** Exactly, or in whole seconds, which some writers round up. */
const mayBeWritten = [written, (written / second) * second, (written / second + 1n) * second]

/** Everything in the tree is there, with its bytes or target, and nothing else. */
const holdsTheTree = (tar: Uint8Array, { nodes, name }: Writer): void => {
  const found = right(decoded(tar, { isBase: true }))
  const byName = new Map(found.map((each) => [each.entry.name, each] as const))
  assert.equal([...byName.keys()].sort(), nodes.map((node) => node.name).sort())
  for (const { name: path, body, soft, hard } of nodes) {
    const each = byName.get(path)
    assert.ok(each !== undefined, path)
    const { entry, body: bytes } = each
    const type =
      body !== undefined ? 'file' : soft !== undefined ? 'symlink' : hard !== undefined ? 'link' : 'directory'
    assert.is(entry.type, type, `${path} of ${name}`)
    assert.is(Buffer.from(bytes).toString(), body ?? '')
    if ('target' in entry) assert.is(entry.target, soft ?? hard)
    assert.ok('times' in entry, path)
    assert.ok(mayBeWritten.includes(entry.times.modified), `${entry.times.modified} of ${path}`)
    assert.is(entry.attributes, type === 'directory' ? 0x10 : 0)
  }
}

/** Read, written in our form and read again, it is the same. */
const isStable = (tar: Uint8Array): void => {
  const once = wholes(right(decoded(tar, { isBase: true })))
  const ours = right(encoded(once))
  assert.equal(wholes(right(decoded(ours, { isBase: true }))), once)
  assert.equal(right(encoded(wholes(right(decoded(ours))))), ours)
}

for (const writer of writers) {
  test(`what ${writer.name} wrote is read`, () => {
    holdsTheTree(tarOf(writer.name), writer)
    isStable(tarOf(writer.name))
  })

  testFresh(writer)(`what ${writer.name} writes now is read`, async () => {
    const tar = await withTree((folder) => writer.write(folder))
    holdsTheTree(tar, writer)
    isStable(tar)
  })
}

for (const writer of sparse) {
  const isRefused = (tar: Uint8Array): void => {
    const fault = left(decoded(tar))
    assert.match(fault.message, 'must not be sparse')
    assert.is(fault.offset, 0)
  }
  test(`the holes that ${writer.name} wrote are refused`, () => isRefused(tarOf(writer.name)))
  testFresh(writer)(`the holes that ${writer.name} writes now are refused`, async () => {
    isRefused(await withTree((folder) => writer.write(folder)))
  })
}

test.run()
