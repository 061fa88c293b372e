import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { backendFault } from '@varve/core/ports'
import { codes, raise } from '../src/failure.js'
import { attachLayer } from '../src/layers/attach.js'
import { claim, quarantine } from '../src/layers/open.js'
import { attaching, failing, log, makeScratch, onRoot, root } from './support/flow-rig.js'
import { pretendMachine } from './support/machine.js'

onRoot('layers without a record are moved away with what belongs to them', (machine) => {
  makeScratch(machine)
  const { world, files, calls } = machine
  attachLayer(world, attaching(2, [1]))
  calls.length = 0
  assert.equal(quarantine(world, [{ id: 2, retired: false }]), ['2-1'])
  assert.is(calls.includes('DeactivateLayer 2'), true)
  assert.equal(files.list(`${root}\\quarantine`), ['2-1', '2-1.json'])
  assert.equal(files.list(`${root}\\mounts`), [])
})

const hosts = [
  ['not NTFS', { fileSystem: 'ReFS' }, codes.unknownVolume, 'NTFS'],
  ['a volume without a letter', { volume: 'C:\\mounted\\' }, codes.notSupported, 'C:\\mounted\\'],
  ['a build that is too old', { build: 14_393 }, codes.oldWindows, '17763'],
  ['other layer ids', { guid: '00000000-0000-0000-0000-000000000000' }, codes.notSupported, 'expected'],
] as const

for (const [what, answers, code, word] of hosts)
  test(`a machine that will not do: ${what}`, () => {
    const machine = pretendMachine()
    machine.set(answers)
    const failed = failing(() => claim(machine.world, log))
    assert.is(failed.code, code)
    assert.ok(failed.message.includes(word), failed.message)
    assert.not(machine.files.exists(root))
    machine.remove()
  })

for (const [call, code, found, word] of [
  ['EnablePrivileges', codes.notAllAssigned, codes.notAllAssigned, 'elevated'],
  ['NameToGuid', codes.noSuchModule, codes.noSuchModule, 'Containers'],
] as const)
  test(`a machine that will not do: ${call} fails`, () => {
    const machine = pretendMachine()
    machine.fail(call, code)
    const failed = failing(() => claim(machine.world, log))
    assert.is(failed.code, found)
    assert.match(failed.message, word)
    machine.remove()
  })

test('a machine whose policy keeps symlinks from administrators will do', () => {
  const machine = pretendMachine()
  const { native } = machine.world.machine
  const asked: string[] = []
  const EnablePrivileges = (names: readonly string[]): void => {
    asked.push(...names)
    if (names.includes('SeCreateSymbolicLinkPrivilege')) raise(backendFault('not held', codes.notAllAssigned))
  }
  const world = { ...machine.world, machine: { ...machine.world.machine, native: { ...native, EnablePrivileges } } }
  claim(world, log)
  assert.is(asked.at(-1), 'SeCreateSymbolicLinkPrivilege')
  machine.remove()
})

for (const [what, path, code] of [
  ['on the network', '\\\\server\\share\\varve', codes.notSupported],
  ['a drive', 'C:\\', codes.invalidParameter],
  ['too long', `C:\\${'x'.repeat(200)}`, codes.nameTooLong],
] as const)
  test(`a root that will not do: ${what}`, () => {
    const machine = pretendMachine()
    const world = { ...machine.world, layout: { root: path, separator: '\\' as const } }
    assert.is(failing(() => claim(world, log)).code, code)
    machine.remove()
  })

test('a root that is made is for administrators and the system alone, one that is there is left as it is', () => {
  const machine = pretendMachine()
  claim(machine.world, log)
  const administrators = '01020000000000052000000020020000'
  const list = `020034000200000000031800ff011f00${administrators}00031400ff011f00010100000000000512000000`
  const descriptor = `0100049014000000240000000000000034000000${administrators.repeat(2)}${list}`
  const written = machine.calls.filter((call) => call.startsWith('BackupWrite'))
  assert.equal(written, [`BackupWrite C/varve.part 0300000000000000680000000000000000000000${descriptor}`])
  assert.equal(machine.files.list('C:\\'), ['varve'])
  claim(machine.world, log)
  assert.is(machine.calls.filter((call) => call.startsWith('BackupWrite')).length, 1)
  machine.remove()
})

test('a root of another log is refused', () => {
  const machine = pretendMachine()
  claim(machine.world, log)
  assert.is(failing(() => claim(machine.world, log.replace('3', '4'))).code, codes.alreadyExists)
  machine.remove()
})

test.run()
