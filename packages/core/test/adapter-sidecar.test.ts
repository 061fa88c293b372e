import {
  checkOwner,
  describe,
  fieldsIn,
  isUndone,
  layersNamed,
  ownerBytes,
  ownerIn,
  raisedIn,
  sidecarBytes,
  templatesIn,
  type Sidecar,
} from '@varve/core/adapter'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const sidecar: Sidecar = {
  id: 4,
  kind: 'Committed',
  name: 'base',
  parents: [2, 1],
  purpose: 'scratch',
  profile: 'bind',
  labels: { a: 'ä' },
  templates: { 'sandbox.vhdx': 'snapshots/1/blank.vhdx' },
}

test('a root is taken for its own log, or when nobody has it', () => {
  const codeOf = (hasFile: boolean, owner: string | undefined): number | undefined => {
    try {
      checkOwner({ root: '/root', separator: '/' }, { hasFile, owner }, 'a log')
    } catch (cause) {
      const failure = raisedIn(cause)
      return failure?._tag === 'BackendFault' ? failure.code : undefined
    }
    return 0
  }
  assert.is(ownerIn(ownerBytes('a log')), 'a log')
  assert.is(ownerIn(new TextEncoder().encode('{"log":7}')), undefined)
  assert.equal([codeOf(false, undefined), codeOf(true, 'a log')], [0, 0])
  assert.equal([codeOf(true, undefined), codeOf(true, 'another')], [0x80070570, 0x800700b7])
})

test('layers are told from other names', () => {
  assert.equal(layersNamed(['7', 'rm-8', '0', '07', 'x', 'rm-']), [
    { id: 7, retired: false },
    { id: 8, retired: true },
  ])
})

test('a sidecar says what it was made with, and whose log it is', () => {
  assert.equal(fieldsIn(sidecarBytes('a log', sidecar)), { log: 'a log', ...sidecar })
  assert.equal(templatesIn(fieldsIn(sidecarBytes('', sidecar))), sidecar.templates)
})

test('a damaged one says nothing', () => {
  for (const text of ['', '{"log":', '[1]', '7', 'null']) assert.equal(fieldsIn(new TextEncoder().encode(text)), {})
  assert.equal(templatesIn({}), {})
  assert.equal(templatesIn({ templates: ['a'] }), {})
  assert.equal(templatesIn({ templates: { a: 'b', c: 7 } }), { a: 'b' })
})

test('what was asked is said with its layer, and only seals and imports are undone', () => {
  const asked = (name: string, ...args: readonly unknown[]) => ({ name, args })
  const intent = (type: string) => asked('perform', { type, id: '1', layer: 7 })
  assert.is(describe(asked('claim', 'a log')), 'open')
  assert.is(describe(asked('exportLayer', { id: 7, parents: [] }, undefined)), 'export of layer 7')
  assert.is(describe(asked('read', 7, 'a')), 'read of layer 7')
  assert.is(describe(intent('SealLayer')), 'SealLayer of layer 7')
  assert.equal(
    ['SealLayer', 'ImportLayer', 'CreateLayer', 'DestroyLayer'].filter((type) => isUndone(intent(type))),
    ['SealLayer', 'ImportLayer'],
  )
  assert.not(isUndone(asked('usage', 7)))
})

test.run()
