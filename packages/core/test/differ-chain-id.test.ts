import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { chainId } from '../src/differ/chain-id.js'

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
const [a, b, c] = ['a', 'b', 'c'].map(digestOf) as [string, string, string]

test('no layers have the empty chain id, which as a parent means none', () => {
  assert.equal(chainId([]), E.right(''))
})

test('the chain id of one layer is its own DiffID', () => {
  assert.equal(chainId([a]), E.right(a))
})

test('the chain ids of two and three layers are those that sha256sum gives', () => {
  const two = 'sha256:51c0c8ace48498d6f5fee6b0592cc06f2da0f3cbe09c5a34a97dce85c3889676'
  assert.equal(chainId([a, b]), E.right(two))
  assert.equal(chainId([a, b, c]), E.right('sha256:2fce7f8ce91bcf0a1428b36e1024639fdbd9469eea762dba98aa749631885106'))
})

test('a chain id is that of the layers below and one more digest', () => {
  const diffIds = Array.from({ length: 120 }, (_, layer) => digestOf(`layer ${layer}`))
  let below = ''
  for (const [index, diffId] of diffIds.entries()) {
    below = below === '' ? diffId : digestOf(`${below} ${diffId}`)
    assert.equal(chainId(diffIds.slice(0, index + 1)), E.right(below))
  }
})

test('the order of the layers counts', () => {
  assert.is.not(JSON.stringify(chainId([a, b])), JSON.stringify(chainId([b, a])))
})

test('a digest that is none is refused by its index', () => {
  const bad: readonly unknown[] = ['', a.slice(7), a.toUpperCase(), `${a}0`, a.slice(0, -1), a.replace('256', '512'), 7]
  for (const digest of bad) {
    const found = chainId([a, digest as string, b])
    assert.ok(E.isLeft(found), String(digest))
    assert.is(found.left._tag, 'InvalidArgument')
    assert.is(found.left.field, 'diffIds[1]')
    assert.match(found.left.message, /^diffIds\[1\] must be sha256: and 64 .*: invalid argument$/)
  }
})

test.run()
