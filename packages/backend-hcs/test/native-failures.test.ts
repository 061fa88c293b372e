import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { conventionOf, type FunctionName } from '../src/bindings/index.js'
import { codeOf } from '../src/failure.js'
import { nativeOf } from '../src/native/native-of.js'
import { codeOfResult, ofWin32 } from '../src/native/result.js'
import { failingTable } from './support/failing-table.js'
import { fakeTable } from './support/fake-table.js'
import { faultOf } from './support/failure.js'
import { callNative, nativeNames, validArguments } from './support/valid-arguments.js'
import { workingTable } from './support/working-table.js'

const accessDenied = 0x80070005
const none = fakeTable({ GetLastError: () => 0, RtlNtStatusToDosError: () => 317 }).table
const afterError = (code: number) => fakeTable({ GetLastError: () => code }).table

test('an HRESULT fails when it is negative, and keeps its value', () => {
  assert.is(codeOfResult(none, 'hresult', 0), undefined)
  assert.is(codeOfResult(none, 'hresult', 1), undefined)
  assert.is(codeOfResult(none, 'hresult', 0x7fff_ffff), undefined)
  assert.is(codeOfResult(none, 'hresult', -2147024875), 0x80070015)
  assert.is(codeOfResult(none, 'hresult', 0x80070015), 0x80070015)
  assert.is(codeOfResult(none, 'hresult', 0xc0370106 | 0), 0xc0370106)
  assert.is(codeOfResult(none, 'hresult', 0x801f0015 | 0), 0x801f0015)
})

test('a Win32 code becomes the HRESULT of its facility; a code of another family stays', () => {
  assert.is(codeOfResult(none, 'win32', 0), undefined)
  assert.is(codeOfResult(none, 'win32', 183), 0x800700b7)
  assert.is(codeOfResult(none, 'win32', 0xc03a001e), 0xc03a001e)
  assert.is(codeOfResult(none, 'win32', 0xc03a001e | 0), 0xc03a001e)
  assert.is(ofWin32(0xffff), 0x8007ffff)
})

test('an NTSTATUS goes through Windows; what it has no code for is marked as an NTSTATUS', () => {
  const table = fakeTable({ RtlNtStatusToDosError: (status) => (status === (0xc0000034 | 0) ? 2 : 317) }).table
  assert.is(codeOfResult(table, 'ntstatus', 0), undefined)
  assert.is(codeOfResult(table, 'ntstatus', 0xc0000034 | 0), 0x80070002)
  assert.is(codeOfResult(table, 'ntstatus', 0xc0000034), 0x80070002)
  assert.is(codeOfResult(table, 'ntstatus', 0xc0000999 | 0), 0xd0000999)
  assert.is(codeOfResult(table, 'ntstatus', 0xc007_0005 | 0), accessDenied)
})

test('a reparse point on the way is known by hosts that have no code for it', () => {
  assert.is(codeOfResult(none, 'ntstatus', 0xc000050b | 0), 0x8007112b)
})

test('a BOOL, a handle and a length fail with the last error', () => {
  const table = afterError(32)
  for (const convention of ['bool', 'length'] as const) {
    assert.is(codeOfResult(table, convention, 0), 0x80070020)
    assert.is(codeOfResult(table, convention, 1), undefined)
    assert.is(codeOfResult(table, convention, -1), undefined)
  }
  for (const handle of [0xffff_ffff_ffff_ffffn, -1n, 0n, null])
    assert.is(codeOfResult(table, 'handle', handle), 0x80070020)
  assert.is(codeOfResult(table, 'handle', 0x40n), undefined)
  assert.is(codeOfResult(table, 'value', 0), undefined)
})

test('a failure without a last error is a failure', () => {
  assert.is(codeOfResult(none, 'bool', 0), 0x80004005)
})

/** The calls that a function makes, as the name and which of that name it is. */
const callsOf = (name: (typeof nativeNames)[number]): readonly (readonly [FunctionName, number])[] => {
  const made: (readonly [FunctionName, number])[] = []
  const table = failingTable(workingTable().table, (called, number) => void made.push([called, number]))
  callNative(nativeOf(table), name, validArguments[name]())
  return made
}

/** The first call of these failing with these is answered by a second one. */
const repeated: readonly (readonly [FunctionName, number])[] = [
  ['AttachVirtualDisk', 0x80070057],
  ['NtSetInformationFile', 0x80070057],
  ['NtSetInformationFile', 0x80070001],
  ['NtSetInformationFile', 0x80070032],
]
const isRepeated = (name: FunctionName, code: number): boolean =>
  repeated.some(([one, of]) => one === name && of === code)

for (const code of [accessDenied, 0x80070015, 0x80070057, 0xc0370118])
  test(`every call that fails with ${code.toString(16)} is told, and what was opened or given is let go once`, () => {
    for (const name of nativeNames)
      for (const [called, number] of callsOf(name)) {
        if (isRepeated(called, code)) continue
        const working = workingTable()
        const table = failingTable(working.table, (one, at) => (one === called && at === number ? code : undefined))
        const fault = faultOf(() => callNative(nativeOf(table), name, validArguments[name]()))
        const isForeign = conventionOf(called) === 'ntstatus' && code >>> 16 !== 0x8007
        assert.is(fault.code, isForeign ? (code | 0x1000_0000) >>> 0 : code, fault.message)
        assert.ok(fault.message.startsWith(`${called}(`), fault.message)
        assert.equal(working.freed, working.owned, name)
        const isClose = called === 'CloseHandle' || called === 'ORCloseHive'
        if (!isClose) assert.equal([...working.open], [], `${name} over ${called}`)
      }
  })

test('a failure says function, arguments, code, its name and what to do', () => {
  const table = failingTable(workingTable().table, () => 0x80070015)
  const parents = [1, 2, 3].map((id) => ({
    id: '65ed1907-894d-50ff-bdcb-cc63fb515966',
    path: `C:\\varve\\snapshots\\${id}`,
  }))
  const { PrepareLayer, BackupRead, NtCreateFile } = nativeOf(table)
  assert.equal(
    faultOf(() => PrepareLayer('C:\\varve\\snapshots\\4', parents)),
    {
      _tag: 'BackendFault',
      code: 0x80070015,
      message:
        'PrepareLayer(path "C:\\\\varve\\\\snapshots\\\\4", parents "C:\\\\varve\\\\snapshots\\\\1" and 2 more) failed with 0x80070015 (ERROR_NOT_READY); the host is busy attaching disks: try again',
    },
  )
  assert.match(
    faultOf(() => BackupRead(0x1an, new Uint8Array(65_536), true, { pointer: null })).message,
    /^BackupRead\(handle 0x1a, buffer 65536 bytes, length 65536, abort false, security true\) failed/,
  )
  assert.match(
    faultOf(() => NtCreateFile({ root: 0x1an, path: 'Files\\a', access: 0, share: 7, disposition: 1, options: 0 }))
      .message,
    /^NtCreateFile\(access 0x100000, path "Files\\\\a" below handle 0x1a, /,
  )
})

test('long arguments are shortened', () => {
  const table = failingTable(workingTable().table, () => accessDenied)
  const { HcsImportLayer } = nativeOf(table)
  const { message } = faultOf(() => HcsImportLayer(`C:\\${'x'.repeat(5000)}`, 'C:\\b', 'y'.repeat(100_000)))
  assert.ok(message.length < 700, message)
  assert.match(message, /… \(5003 characters\).*… \(100000 characters\)/)
})

test('the first of two failures is the one told', () => {
  const table = failingTable(workingTable().table, (name) => {
    if (name === 'ORSaveHive') return 0x800700b7
    return name === 'ORCloseHive' ? accessDenied : undefined
  })
  const { code } = faultOf(() => nativeOf(table).SaveEmptyHive('C:\\a', 10, 0))
  assert.is(code, 0x800700b7)
})

test('what another thing threw has no code', () => {
  assert.is(codeOf(new Error('0x80070005')), undefined)
})

test.run()
