import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { layerDescriptors, layerId } from '@varve/core'

/** The first five are layers that a Windows daemon logged with their ids. */
const known = [
  ['4e3c0eecb91d8fc28eda07ff06c6910a592b0ce4539476fb943b48e6934e9976', 'cd22d128-903e-550a-9d8f-aa8134ca1c9b'],
  ['e2a46135ff011a2ef9f193590ccddde95806850a0cdd7638b913e003c28e7fd0', '8f9dd02a-0f67-598e-921b-59884f08b5af'],
  ['3030b7a20c848d1553700c1ccf0369b0f5d9b3d9a4c37ea6652fd54809a60a07', '4d2dfb6d-2f3b-5926-adf1-4bd7e162b91f'],
  ['d5adbd4d2d928143002a5597b5b4db285540aae4fa23bcbbcb331395278a021e', 'e43c3e0f-8392-56a9-b326-46d86c3824ea'],
  ['2a4a12b082184aec3c238334a57cae90eb5ae33d25dab0cc5a8c65c67293782d', 'f1f65ef4-dda7-5263-88b0-8c816567a93a'],
  ['1', '65ed1907-894d-50ff-bdcb-cc63fb515966'],
  ['42', '6d08839d-52eb-508f-9338-8c90aee603f3'],
  ['', '62a9753f-ed70-52d8-ba49-d04390fe316f'],
] as const

test('a layer has the id that Windows gives it', () => {
  for (const [name, id] of known) assert.is(layerId(name), id, name)
})

test('descriptors keep the order of the parents', () => {
  assert.equal(layerDescriptors({ root: 'C:\\varve', separator: '\\' }, [42, 1]), [
    { id: '6d08839d-52eb-508f-9338-8c90aee603f3', path: 'C:\\varve\\snapshots\\42' },
    { id: '65ed1907-894d-50ff-bdcb-cc63fb515966', path: 'C:\\varve\\snapshots\\1' },
  ])
})

test.run()
