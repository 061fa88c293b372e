import { readFileSync } from 'node:fs'
import { layerId } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { koffiFacts } from '../src/native/koffi-types.js'
import { pinnedKoffi, selfTest } from '../src/native/self-test.js'
import { faultOf } from './support/failure.js'

const native = { NameToGuid: layerId }
const facts = await koffiFacts()

test('the koffi that is installed passes', () => selfTest(native, facts))

test('the version asked for is that of package.json', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  assert.is(pinnedKoffi, dependencies['koffi'])
})

test('another koffi is refused', () => {
  assert.equal(
    faultOf(() => selfTest(native, { ...facts, version: '2.9.0' })),
    {
      _tag: 'BackendFault',
      code: 0x8007051a,
      message: 'koffi must be 3.3.4; found 2.9.0 (0x8007051a); install koffi 3.3.4',
    },
  )
})

test('structs of another size or with fields elsewhere are refused', () => {
  const { layerDescriptor } = facts.layouts
  for (const wrong of [{ size: 24 }, { offsets: [0, 16, 20] }]) {
    const layouts = { ...facts.layouts, layerDescriptor: { ...layerDescriptor, ...wrong } }
    const { code, message } = faultOf(() => selfTest(native, { ...facts, layouts }))
    assert.is(code, 0x8007051a)
    assert.match(message, /^struct layerDescriptor must be 32 bytes, fields at 0, 16, 24; found /)
  }
})

test('a Windows with other ids for layers is refused', () => {
  const { code, message } = faultOf(() => selfTest({ NameToGuid: () => layerId('2') }, facts))
  assert.is(code, 0x8007051a)
  assert.match(message, /^the id of a layer named 1 must be 65ed1907-894d-50ff-bdcb-cc63fb515966; found /)
})

test.run()
