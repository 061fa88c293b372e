import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { backendFault } from '@varve/core/ports'
import { codes, raise } from '../src/failure.js'
import { attachLayer } from '../src/layers/attach.js'
import { convertToBase } from '../src/layers/base.js'
import { createLayer } from '../src/layers/create.js'
import { detachLayer } from '../src/layers/detach.js'
import { makeSymlink } from '../src/layers/links.js'
import { claim } from '../src/layers/open.js'
import { attachedRoot } from '../src/layers/mark.js'
import { destroyLayer, retireLayer } from '../src/layers/retire.js'
import { usageOf } from '../src/layers/usage.js'
import { alone, attaching, creation, detaching, failing, log, makeScratch, onRoot, root } from './support/flow-rig.js'

onRoot('a parentless layer is attached without a native call', ({ world, calls }) => {
  createLayer(world, creation(1))
  attachLayer(world, attaching(1))
  assert.equal(attachedRoot(world, 1), { path: `${root}\\snapshots\\1\\Files`, isReadOnly: false })
  detachLayer(world, detaching(1))
  assert.equal(failing(() => attachedRoot(world, 1)).message, 'layer 1 is not attached: failed precondition')
  assert.equal(calls, [])
})

onRoot('a parentless view is bound so that nobody can write', ({ world, calls }) => {
  createLayer(world, { ...creation(1), kind: 'View' })
  attachLayer(world, attaching(1, [], 'View'))
  assert.equal(attachedRoot(world, 1), { path: `${root}\\mounts\\1`, isReadOnly: true })
  detachLayer(world, detaching(1))
  assert.equal(calls.slice(0, 2), ['BfSetupFilter mounts\\1 1\\Files 65', 'BfRemoveMapping mounts\\1'])
})

onRoot('what is found in the place of a new layer is gone when the layer is made', ({ world, files }) => {
  const text = new TextEncoder().encode('half done')
  for (const path of [
    'snapshots\\1\\Files\\stray',
    'snapshots\\1\\vm\\stray',
    'snapshots\\rm-1\\stray',
    'temp\\1.in\\stray',
  ]) {
    files.makeFolder(`${root}\\${path.slice(0, path.lastIndexOf('\\'))}`)
    files.writeFile(`${root}\\${path}`, text)
  }
  createLayer(world, creation(1))
  assert.equal(
    ['snapshots', 'snapshots\\1', 'snapshots\\1\\Files', 'temp'].map((path) => files.list(`${root}\\${path}`)),
    [['1'], ['Files'], [], []],
  )
})

onRoot('a layer with parents is brought up and taken down in order', (machine) => {
  makeScratch(machine)
  const { world, calls, files } = machine
  attachLayer(world, attaching(2, [1]))
  const up = ['ActivateLayer 2', 'PrepareLayer 2 1', 'GetLayerMountPath 2', 'BfSetupFilter mounts\\2 C:\\disk 2 64']
  assert.equal(calls, up)
  attachLayer(world, attaching(2, [1]))
  assert.equal(calls, up)
  detachLayer(world, detaching(2, [1]))
  const down = ['BfRemoveMapping mounts\\2', 'UnprepareLayer 2', 'DeactivateLayer 2']
  assert.equal(calls.slice(4), down)
  assert.not(files.exists(`${root}\\mounts\\2`))
  // Whether it is up only the platform knows: somebody may have deleted the folder.
  detachLayer(world, detaching(2, [1]))
  assert.equal(calls.slice(7), down)
  assert.not(files.exists(`${root}\\mounts\\2`))
})

const unwindings = [
  ['ActivateLayer', []],
  ['PrepareLayer', ['DeactivateLayer 2']],
  ['GetLayerMountPath', ['UnprepareLayer 2', 'DeactivateLayer 2']],
  ['BfSetupFilter', ['UnprepareLayer 2', 'DeactivateLayer 2']],
] as const

for (const [name, undone] of unwindings)
  onRoot(`an attach that fails in ${name} is unwound, and can be asked for again`, (machine) => {
    makeScratch(machine)
    const { world, calls, files, fail } = machine
    fail(name, codes.accessDenied)
    assert.is(failing(() => attachLayer(world, attaching(2, [1]))).code, codes.accessDenied)
    assert.equal(calls.slice(calls.findIndex((call) => call.startsWith(name)) + 1), undone)
    assert.not(files.exists(`${root}\\mounts\\2`))
    attachLayer(world, attaching(2, [1]))
    assert.is(attachedRoot(world, 2).path, `${root}\\mounts\\2`)
  })

onRoot('an attach whose mark can not be made is unwound', (machine) => {
  makeScratch(machine)
  const { world, calls, files } = machine
  files.makeFolder(`${root}\\mounts\\2.attached\\in its place`)
  const failed = {
    ...world,
    machine: {
      ...world.machine,
      files: { ...files, exists: (path: string) => !path.endsWith('.attached') && files.exists(path) },
    },
  }
  assert.is(failing(() => attachLayer(failed, attaching(2, [1]))).code, codes.accessDenied)
  assert.equal(calls.slice(4), ['BfRemoveMapping mounts\\2', 'UnprepareLayer 2', 'DeactivateLayer 2'])
})

for (const [name, code] of [
  ['ActivateLayer', 0x8007_0015],
  ['PrepareLayer', 0x8007_048f],
] as const)
  onRoot(`what passes in ${name} is tried five times`, (machine) => {
    makeScratch(machine)
    const { world, calls, pauses, fail } = machine
    fail(name, code, code, code, code)
    attachLayer(world, attaching(2, [1]))
    assert.equal(pauses, [100, 100, 100, 100])
    detachLayer(world, detaching(2, [1]))
    calls.length = 0
    fail(name, code, code, code, code, code)
    assert.is(failing(() => attachLayer(world, attaching(2, [1]))).code, code)
    assert.is(calls.filter((call) => call.startsWith(name)).length, 5)
  })

onRoot('a layer that could not be deactivated is taken down before it comes up again', (machine) => {
  makeScratch(machine)
  const { world, calls, fail } = machine
  fail('PrepareLayer', codes.accessDenied)
  fail('DeactivateLayer', codes.sharingViolation)
  assert.is(failing(() => attachLayer(world, attaching(2, [1]))).code, codes.accessDenied)
  calls.length = 0
  attachLayer(world, attaching(2, [1]))
  assert.equal(calls.slice(0, 4), [
    'BfRemoveMapping mounts\\2',
    'UnprepareLayer 2',
    'DeactivateLayer 2',
    'ActivateLayer 2',
  ])
})

for (const name of ['BfRemoveMapping', 'UnprepareLayer', 'DeactivateLayer'])
  onRoot(`a detach that fails in ${name} can be asked for again`, (machine) => {
    makeScratch(machine)
    const { world, files, fail } = machine
    attachLayer(world, attaching(2, [1]))
    fail(name, codes.sharingViolation)
    assert.is(failing(() => detachLayer(world, detaching(2, [1]))).code, codes.sharingViolation)
    if (name === 'BfRemoveMapping') assert.is(attachedRoot(world, 2).path, `${root}\\mounts\\2`)
    else assert.match(failing(() => attachedRoot(world, 2)).message, 'not attached')
    detachLayer(world, detaching(2, [1]))
    assert.not(files.exists(`${root}\\mounts\\2`))
  })

onRoot('what a crash left up is taken down by the next owner', (machine) => {
  makeScratch(machine)
  const { world, calls } = machine
  attachLayer(world, attaching(2, [1]))
  assert.equal(claim(world, log), [
    { id: 1, retired: false },
    { id: 2, retired: false },
  ])
  assert.match(failing(() => attachedRoot(world, 2)).message, 'not attached')
  calls.length = 0
  detachLayer(world, detaching(2, [1]))
  assert.equal(calls, ['BfRemoveMapping mounts\\2', 'UnprepareLayer 2', 'DeactivateLayer 2'])
})

onRoot('a retire takes an attached layer down, and once more where access is denied', (machine) => {
  makeScratch(machine)
  const { world, calls, files, fail, pauses } = machine
  attachLayer(world, attaching(2, [1]))
  calls.length = 0
  fail('MoveFileExW', codes.accessDenied)
  retireLayer(world, { type: 'RetireLayer', id: '25', layer: 2 })
  assert.equal(calls, [
    'BfRemoveMapping mounts\\2',
    'UnprepareLayer 2',
    'DeactivateLayer 2',
    'MoveFileExW 2 rm-2 1',
    'UnprepareLayer 2',
    'DeactivateLayer 2',
    'MoveFileExW 2 rm-2 1',
  ])
  const retire = { type: 'RetireLayer', id: '15', layer: 1 } as const
  fail('MoveFileExW', codes.sharingViolation)
  assert.is(failing(() => retireLayer(world, retire)).code, codes.sharingViolation)
  const denied = codes.accessDenied
  fail('MoveFileExW', denied, denied, denied, denied, denied)
  assert.is(failing(() => retireLayer(world, retire)).code, denied)
  assert.equal(pauses, [100, 100, 100])
  assert.equal(files.list(`${root}\\snapshots`), ['1', 'rm-2'])
  fail('MoveFileExW', denied, denied, denied, denied)
  retireLayer(world, retire)
  assert.equal(files.list(`${root}\\snapshots`), ['rm-1', 'rm-2'])
  for (const layer of [2, 1]) destroyLayer(world, { type: 'DestroyLayer', id: '26', layer })
  assert.equal(files.list(`${root}\\snapshots`), [])
  assert.equal(files.list(`${root}\\meta`), [])
})

onRoot('a scratch is expanded only when more is asked for than its template has', (machine) => {
  makeScratch(machine)
  const { world, calls } = machine
  const least = createLayer(world, creation(3, [1], { requested: String(20n << 30n), requestedBy: 'a label' }))
  assert.is('effective' in least && least.effective, String(20n << 30n))
  assert.equal(calls, [])
  const more = createLayer(world, creation(4, [1], { requested: String((400n << 30n) - 1n), requestedBy: 'a label' }))
  assert.is('effective' in more && more.effective, String(400n << 30n))
  assert.equal(calls, [
    `ExpandSandboxSize 4 ${400n << 30n}`,
    'AttachVirtualDisk 32',
    'GetLayerMountPath 4',
    `ExtendVolume ${(400n << 30n) / 512n}`,
  ])
  const tooMuch = creation(5, [1], { requested: String((64n << 40n) + 1n), requestedBy: 'a label' })
  assert.is(failing(() => createLayer(world, tooMuch)).code, codes.invalidParameter)
})

onRoot(
  'links are not looked at when a layer is measured: some can be followed by their filter driver alone',
  ({ world }) => {
    const { files } = world.machine
    createLayer(world, creation(1))
    const content = `${root}\\snapshots\\1\\Files`
    files.makeFolder(`${content}\\a`)
    files.writeFile(`${content}\\a\\file`, Uint8Array.of(1, 2, 3))
    makeSymlink(world.machine, `${content}\\a\\link`, 'nowhere')
    // As node on Windows, which follows what it does not know.
    const factsOf = (path: string) =>
      path.endsWith('link') ? raise(backendFault('it can not be accessed', codes.accessDenied)) : files.factsOf(path)
    const machine = { ...world.machine, files: { ...files, factsOf } }
    assert.is(usageOf({ ...world, machine }, 1).size, 3)
  },
)

onRoot('a base layer keeps hives that are there, and is undone by the next attach', ({ world, files, calls }) => {
  createLayer(world, creation(1))
  const config = `${root}\\snapshots\\1\\Files\\Windows\\System32\\config`
  files.makeFolder(config)
  files.writeFile(`${config}\\SAM`, Uint8Array.of(1))
  convertToBase(world, 'SealLayer of layer 1', 1, alone)
  assert.equal(files.list(config), ['DEFAULT', 'SAM', 'SECURITY', 'SOFTWARE', 'SYSTEM'])
  assert.equal(files.readFile(`${config}\\SAM`), Uint8Array.of(1))
  assert.ok(calls.includes('ProcessBaseImage 1'))
  attachLayer(world, attaching(1))
  assert.equal(files.list(config), ['SAM'])
  assert.equal(files.list(`${root}\\snapshots\\1`), ['Files'])
})

test.run()
