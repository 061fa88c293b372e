import { layerId } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { FunctionName } from '../src/bindings/index.js'
import type { RawFunction } from '../src/native/table.js'
import { nativeOf } from '../src/native/native-of.js'
import { fakeTable, put32, put64, putText, type Call } from './support/fake-table.js'
import { failingTable } from './support/failing-table.js'
import { faultOf } from './support/failure.js'

const path = 'C:\\varve\\snapshots\\4'
const insufficientBuffer = 0x8007007a

const namesOf = (calls: readonly Call[]): readonly string[] => calls.map(({ name }) => name)
const hexOf = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)

/** Answers of one function, one after the other; the last again and again. */
const inTurn = (...answers: readonly RawFunction[]): RawFunction => {
  let turn = 0
  return (...values) => answers[Math.min(turn++, answers.length - 1)]?.(...values)
}

test('parents go as an array of structs with its length, none as NULL', () => {
  const { table, calls } = fakeTable()
  const { PrepareLayer, ImportLayer, CreateSandboxLayer } = nativeOf(table)
  PrepareLayer(path, [{ id: layerId('1'), path: 'C:\\varve\\snapshots\\1' }])
  ImportLayer(path, 'C:\\t', [])
  CreateSandboxLayer(path, [])
  const driver = { Flavour: 1, HomeDir: '' }
  const id = {
    Data1: 0x65ed1907,
    Data2: 0x894d,
    Data3: 0x50ff,
    Data4: [0xbd, 0xcb, 0xcc, 0x63, 0xfb, 0x51, 0x59, 0x66],
  }
  assert.equal(calls, [
    { name: 'PrepareLayer', values: [driver, path, [{ LayerId: id, Flags: 0, Path: 'C:\\varve\\snapshots\\1' }], 1n] },
    { name: 'ImportLayer', values: [driver, path, 'C:\\t', null, 0n] },
    { name: 'CreateSandboxLayer', values: [driver, path, null, null, 0n] },
  ])
})

test('a GUID is read as Windows stores it', () => {
  const stored = Buffer.from('0719ed654d89ff50bdcbcc63fb515966', 'hex')
  const { table } = fakeTable({
    NameToGuid: (_name, id) => {
      if (id instanceof Uint8Array) id.set(stored)
      return 0
    },
  })
  assert.is(nativeOf(table).NameToGuid('1'), '65ed1907-894d-50ff-bdcb-cc63fb515966')
})

const mount =
  (text: string, needed = BigInt(text.length + 1)): RawFunction =>
  (_info, _path, units, buffer) => {
    const hasRoom = buffer === null || putText(buffer, text)
    put64(units, needed)
    return hasRoom ? 0 : insufficientBuffer | 0
  }

test('a mount path is asked for twice, with the length in between', () => {
  const { table, calls } = fakeTable({ GetLayerMountPath: mount('\\\\?\\Volume{x}') })
  assert.is(nativeOf(table).GetLayerMountPath(path), '\\\\?\\Volume{x}')
  assert.is(calls.length, 2)
  const lengths = calls.map(({ values }) => (values[3] as Uint8Array | null)?.length)
  assert.equal(lengths, [undefined, 28])
})

test('a layer that is mounted nowhere has the empty path, and no second call', () => {
  const { table, calls } = fakeTable({ GetLayerMountPath: mount('', 0n) })
  assert.is(nativeOf(table).GetLayerMountPath(path), '')
  assert.is(calls.length, 1)
})

test('a mount path that grew between two calls is asked for again, not for ever', () => {
  const grown = inTurn(mount('C:\\a'), mount('C:\\longer'), mount('C:\\longer'))
  assert.is(nativeOf(fakeTable({ GetLayerMountPath: grown }).table).GetLayerMountPath(path), 'C:\\longer')
  let units = 4n
  const growing = fakeTable({ GetLayerMountPath: (...values) => mount('x'.repeat(1000), (units += 1n))(...values) })
  assert.is(faultOf(() => nativeOf(growing.table).GetLayerMountPath(path)).code, insufficientBuffer)
  assert.is(growing.calls.length, 4)
  const stuck = fakeTable({ GetLayerMountPath: mount('x'.repeat(9), 2n) })
  assert.is(faultOf(() => nativeOf(stuck.table).GetLayerMountPath(path)).code, insufficientBuffer)
  assert.is(stuck.calls.length, 2)
  const absurd = fakeTable({ GetLayerMountPath: mount('x', 2n ** 40n) })
  assert.is(faultOf(() => nativeOf(absurd.table).GetLayerMountPath(path)).code, 0x80004005)
})

test('a text from Windows is freed once by the function that is meant for it', () => {
  const fake = fakeTable({
    GetBaseImages: (out) => (put64(out, fake.place('["a"]')), 0),
    HcsGetLayerVhdMountPath: (_disk, out) => (put64(out, fake.place('\\\\?\\Volume{x}')), 0),
  })
  const native = nativeOf(fake.table)
  assert.is(native.GetBaseImages(), '["a"]')
  assert.is(native.HcsGetLayerVhdMountPath(4n), '\\\\?\\Volume{x}')
  assert.equal(namesOf(fake.calls), ['GetBaseImages', 'CoTaskMemFree', 'HcsGetLayerVhdMountPath', 'LocalFree'])
  assert.equal(fake.freed, [0x1000n, 0x1001n])
})

test('a text that came with a failure is freed too; one that never came is not', () => {
  const failed = fakeTable({ GetBaseImages: (out) => (put64(out, failed.place('half')), 0x80070005 | 0) })
  assert.is(faultOf(() => nativeOf(failed.table).GetBaseImages()).code, 0x80070005)
  assert.equal(failed.freed, [0x1000n])
  const silent = fakeTable()
  assert.is(nativeOf(silent.table).GetBaseImages(), '')
  assert.equal(silent.freed, [])
})

test('a security descriptor is copied before it is freed', () => {
  const fake = fakeTable({
    ConvertStringSecurityDescriptorToSecurityDescriptorW: (_sddl, revision, out, length) => {
      put64(out, fake.place('descriptor and more'))
      put32(length, 10)
      return revision === 1 ? 1 : 0
    },
  })
  assert.equal(nativeOf(fake.table).SecurityDescriptorOf('O:BA'), new Uint8Array(Buffer.from('descriptor')))
  assert.equal(fake.freed, [0x1000n])
})

test('a disk is opened with parameters of version 2 and no access', () => {
  const { table, calls } = fakeTable({ OpenVirtualDisk: (...values) => (put64(values[5], 0x99n), 0) })
  assert.is(nativeOf(table).OpenVirtualDisk('C:\\a.vhdx', { isForInfo: true, isReadOnly: false }), 0x99n)
  const [type, file, access, flags, parameters] = calls[0]?.values ?? []
  assert.equal([hexOf(type), file, access, flags], ['00'.repeat(20), 'C:\\a.vhdx', 0, 0])
  assert.is(hexOf(parameters), `0200000001000000${'00'.repeat(20)}`)
})

test('a disk is attached without the flag that old builds refuse, if they do', () => {
  const attach = (flags: number, code: number | undefined, times = 1) => {
    const { table, calls } = fakeTable()
    const failing = failingTable(table, (_name, number) => (number <= times ? code : undefined))
    const run = () => nativeOf(failing).AttachVirtualDisk(4n, flags)
    return { run, flags: () => calls.map(({ values }) => values[2]) }
  }
  const retried = attach(0x22, 0x80070057)
  retried.run()
  assert.equal(retried.flags(), [0x02])
  const busy = attach(0x22, 0x80070020)
  assert.is(faultOf(busy.run).code, 0x80070020)
  const other = attach(0x02, 0x80070057)
  assert.is(faultOf(other.run).code, 0x80070057)
  assert.is(faultOf(attach(0x20, 0x80070057, 2).run).code, 0x80070057)
})

test('the sizes of a disk, and its new one', () => {
  const { table, calls } = fakeTable({
    GetVirtualDiskInformation: (_disk, size, info) => {
      put64((info as Uint8Array).subarray(8), 20n * 2n ** 30n)
      put64((info as Uint8Array).subarray(16), 4n * 2n ** 20n)
      return hexOf(size) === '20000000' && (info as Uint8Array)[0] === 1 ? 0 : 87
    },
  })
  const native = nativeOf(table)
  assert.equal(native.GetVirtualDiskSize(4n), { virtual: 20n * 2n ** 30n, physical: 4n * 2n ** 20n })
  native.ExpandVirtualDisk(4n, 2n ** 35n)
  assert.is(hexOf(calls[1]?.values[2]), '01000000000000000000000008000000')
})

test('the physical path of a disk, also a long one', () => {
  const drive: RawFunction = (_disk, size, buffer) => {
    const text = '\\\\.\\PhysicalDrive12'.padEnd(300, 'x')
    put32(size, (text.length + 1) * 2)
    return putText(buffer, text) ? 0 : 122
  }
  const { table, calls } = fakeTable({ GetVirtualDiskPhysicalPath: drive })
  assert.is(nativeOf(table).GetVirtualDiskPhysicalPath(4n).length, 300)
  assert.equal(
    calls.map(({ values }) => (values[2] as Uint8Array).length),
    [512, 602],
  )
  const refusing = fakeTable({ GetVirtualDiskPhysicalPath: () => 122 })
  assert.is(faultOf(() => nativeOf(refusing.table).GetVirtualDiskPhysicalPath(4n)).code, insufficientBuffer)
  assert.is(refusing.calls.length, 1)
})

test('privileges are asked for one by one; those not held are named', () => {
  const closed: unknown[] = []
  const asked: string[] = []
  const held: Readonly<Record<string, bigint>> = {
    SeBackupPrivilege: 17n,
    SeRestorePrivilege: 18n,
    SeSecurityPrivilege: 8n,
  }
  let last = 0
  const { table } = fakeTable({
    OpenProcessToken: (process, access, token) => (
      put64(token, 0x50n),
      process === 0xffff_ffff_ffff_ffffn && access === 0x28 ? 1 : 0
    ),
    LookupPrivilegeValueW: (_system, name, luid) => (put64(luid, held[String(name)] ?? 0n), 1),
    AdjustTokenPrivileges: (_token, _disable, privileges) => {
      asked.push(hexOf(privileges))
      last = asked.length === 2 ? 1300 : 0
      return 1
    },
    GetLastError: () => last,
    CloseHandle: (handle) => (closed.push(handle), 1),
  })
  const { code, message } = faultOf(() => nativeOf(table).EnablePrivileges(Object.keys(held)))
  assert.is(code, 0x80070514)
  assert.match(
    message,
    /^EnablePrivileges\(SeRestorePrivilege\) failed with 0x80070514 \(ERROR_NOT_ALL_ASSIGNED\); run as an elevated/,
  )
  assert.equal(asked, [
    '01000000110000000000000002000000',
    '01000000120000000000000002000000',
    '01000000080000000000000002000000',
  ])
  assert.equal(closed, [0x50n])
})

test('the version of Windows is asked for with the size of its struct', () => {
  const { table } = fakeTable({
    RtlGetVersion: (version) => {
      const bytes = version as Uint8Array
      if (bytes.length !== 284 || bytes[0] !== 0x1c || bytes[1] !== 1) return 0xc000000d | 0
      bytes.set(Buffer.from('0a0000000000000063450000', 'hex'), 4)
      return 0
    },
  })
  assert.equal(nativeOf(table).RtlGetVersion(), { major: 10, minor: 0, build: 17763 })
})

test('a hive is made, saved and closed', () => {
  const { table, calls } = fakeTable({ ORCreateHive: (out) => (put64(out, 0x70n), 0) })
  nativeOf(table).SaveEmptyHive('C:\\SAM', 10, 0)
  assert.equal(calls.slice(1), [
    { name: 'ORSaveHive', values: [0x70n, 'C:\\SAM', 10, 0] },
    { name: 'ORCloseHive', values: [0x70n] },
  ])
})

test('a binding is made and removed for every process', () => {
  const { table, calls } = fakeTable()
  const native = nativeOf(table)
  native.BfSetupFilter('C:\\m', '\\\\?\\Volume{x}\\', 0x41)
  native.BfRemoveMapping('C:\\m')
  const expected: readonly (readonly [FunctionName, readonly unknown[]])[] = [
    ['BfSetupFilter', [null, 0x41, 'C:\\m', '\\\\?\\Volume{x}\\', null, 0]],
    ['BfRemoveMapping', [null, 'C:\\m']],
  ]
  assert.equal(
    calls,
    expected.map(([name, values]) => ({ name, values })),
  )
})

test.run()
