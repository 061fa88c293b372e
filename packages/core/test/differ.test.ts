import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { differCases } from '../conformance/differ-cases.js'
import { layerStack } from '../src/differ/layer-stack.js'
import { layerOf } from '../src/differ/mounts.js'
import { parentLayerPathsOption, readParentLayerPaths } from '../src/model/mount-options.js'

for (const c of differCases) test(c.name, () => c.run(async () => ({ layerOf, layerStack })))

test('the option lists the parents as JSON in one line', () => {
  assert.is(parentLayerPathsOption([]), 'parentLayerPaths=[]')
  assert.is(
    parentLayerPathsOption(['C:\\varve\\snapshots\\2', 'C:\\varve\\snapshots\\1']),
    'parentLayerPaths=["C:\\\\varve\\\\snapshots\\\\2","C:\\\\varve\\\\snapshots\\\\1"]',
  )
})

test('the option escapes what Go escapes, and nothing else', () => {
  assert.is(parentLayerPathsOption(['/a&b<c>d']), 'parentLayerPaths=["/a\\u0026b\\u003cc\\u003ed"]')
  assert.is(parentLayerPathsOption(['/\u2028\u2029']), 'parentLayerPaths=["/\\u2028\\u2029"]')
  assert.is(parentLayerPathsOption(['/Prüfung 層 😀']), 'parentLayerPaths=["/Prüfung 層 😀"]')
  assert.is(parentLayerPathsOption(['"\n\t\u0001']), 'parentLayerPaths=["\\"\\n\\t\\u0001"]')
})

test('what the option holds is read back', () => {
  for (const paths of [[], ['C:\\a&b\\<1>'], ['/\u2028', '/,"quoted"', '/层']])
    assert.equal(readParentLayerPaths(['rw', parentLayerPathsOption(paths)]), E.right(paths))
})

test('no option, null and [] mean no parents; the last option counts', () => {
  for (const options of [[], ['rw'], ['parentLayerPaths=null'], ['parentLayerPaths=[]'], ['parentLayerPaths= [ ] ']])
    assert.equal(readParentLayerPaths(options), E.right([]))
  assert.equal(readParentLayerPaths(['parentLayerPaths=["a"]', 'ro', 'parentLayerPaths=["b"]']), E.right(['b']))
})

test('a malformed option is an InvalidArgument that names field and value', () => {
  const found = readParentLayerPaths(['rw', 'parentLayerPaths=["a",]'])
  assert.ok(E.isLeft(found))
  assert.is(found.left._tag, 'InvalidArgument')
  assert.is(found.left.field, 'options[1]')
  assert.is(found.left.value, '"parentLayerPaths=[\\"a\\",]"')
  assert.match(found.left.message, /^options\[1\] must be parentLayerPaths= and a JSON array .*: invalid argument$/)
})

test('a refusal says what was asked and what is accepted', () => {
  const mounts = [{ type: 'overlay', source: '/a', target: '', options: [] }]
  const refused = layerOf(mounts, 'bind')
  assert.ok(E.isLeft(refused))
  assert.is(
    refused.left.message,
    'mounts[0].type "overlay": the bind profile reads windows-layer and bind: not implemented',
  )
  const below = layerStack(mounts, [{ type: 'windows-layer', source: '/b', target: '', options: ['rw'] }], 'bind')
  assert.ok(E.isLeft(below))
  assert.match(below.left.message, /^lower .*overlay.*: invalid argument$/)
})

test.run()
