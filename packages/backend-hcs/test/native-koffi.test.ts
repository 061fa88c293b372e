import koffi from 'koffi'
import { layerId } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dlls, functionNames, signatureOf, type FunctionName } from '../src/bindings/index.js'
import type { ArgumentOfKind, Kind } from '../src/bindings/signature.js'
import { call } from '../src/native/call.js'
import { requireArguments } from '../src/native/checks.js'
import { textIn } from '../src/native/fields.js'
import type { BackupContext } from '../src/native/native.js'
import { nativeOf } from '../src/native/native-of.js'
import { loadTable } from '../src/native/table.js'
import { hasLibraries, libraryOf } from './support/compile.js'
import { faultLater, faultOf } from './support/failure.js'

if (!hasLibraries) console.log('skipped: gcc is not installed, so nothing native can be bound (apt-get install gcc)')
const testWithGcc = hasLibraries ? test : test.skip

const everyDll = (path: string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.keys(dlls).map((name) => [name, path]))

const sample = () => {
  const path = libraryOf('sample')
  return { path, live: koffi.load(path).func('int Live()') as () => number }
}
const { path = '', live = () => 0 } = hasLibraries ? sample() : {}
const table = await loadTable({ dlls: everyDll(path) })
const native = nativeOf(table)

testWithGcc('hresult: texts, structs, arrays of structs and NULL arrive whole', () => {
  native.PrepareLayer('C:\\4', [])
  const parents = ['3', '2', '1'].map((name) => ({ id: layerId(name), path: `C:\\${name}` }))
  assert.is(faultOf(() => native.PrepareLayer('C:\\4', parents)).code, 0x80070015)
  assert.is(faultOf(() => native.PrepareLayer('C:\\4', parents.reverse())).code, 0x80370112)
})

testWithGcc('hresult: numbers of 64 bits arrive whole', () => {
  native.ExpandSandboxSize('C:\\4', 2n ** 63n - 1n)
  native.SetFilePointerEx(0x44n, -(2n ** 63n) + 5n)
  assert.is(faultOf(() => native.ExpandSandboxSize('C:\\4', 2n ** 63n - 2n)).code, 0x80070057)
})

testWithGcc('hresult: a struct that is filled, and text with half a character', () => {
  assert.is(native.NameToGuid('ä\ud800'), '00000002-00e4-d800-0102-030405060708')
})

testWithGcc('hresult: two calls for one text', () => {
  assert.is(native.GetLayerMountPath('C:\\4'), '\\\\?\\Volume{ä}')
})

testWithGcc('hresult: a text of the callee is read and freed', () => {
  assert.is(native.GetBaseImages(), '["ä"]')
  assert.is(live(), 0)
})

testWithGcc('win32: the code itself; what was made is closed', () => {
  native.SaveEmptyHive('C:\\SYSTEM', 10, 0)
  assert.is(faultOf(() => native.SaveEmptyHive('C:\\SAM', 10, 0)).code, 0x800700b7)
  assert.is(live(), 0)
})

testWithGcc('handle: a handle, or the last error', () => {
  const asked = { path: 'C:\\a', access: 0x8000_0000, share: 7, disposition: 3, flags: 0x0220_0000 }
  assert.is(native.CreateFileW(asked), 0x44n)
  assert.is(faultOf(() => native.CreateFileW({ ...asked, path: 'C:\\busy' })).code, 0x80070020)
})

testWithGcc('bool: the last error', () => {
  native.CloseHandle(0x44n)
  assert.is(faultOf(() => native.CloseHandle(0x45n)).code, 0x80070006)
})

testWithGcc('bool: bytes and a context of the callee, which is released', () => {
  const context: BackupContext = { pointer: null }
  const whole = new Uint8Array(8)
  const read = () => native.BackupRead(0x44n, whole.subarray(2, 5), true, context)
  assert.equal([read(), read(), read()], [3, 3, 0])
  assert.equal(whole, Uint8Array.from([0, 0, 67, 67, 67, 0, 0, 0]))
  assert.is(live(), 1)
  native.ReleaseBackupRead(0x44n, context)
  assert.is(live(), 0)
})

testWithGcc('bool: bytes of the callee are copied and freed', () => {
  assert.equal(native.SecurityDescriptorOf('O:BA'), Uint8Array.from([1, 0, 2, 0, 3]))
  assert.is(faultOf(() => native.SecurityDescriptorOf('O:')).code, 0x80070538)
  assert.is(live(), 0)
})

testWithGcc('length: units, or the last error', () => {
  const buffer = new Uint8Array(32)
  assert.is(call(table, 'GetFinalPathNameByHandleW', 0x44n, buffer, 16, 0), 3)
  assert.is(textIn(buffer), 'C:\\')
  assert.is(faultOf(() => call(table, 'GetFinalPathNameByHandleW', 0x45n, null, 0, 0)).code, 0x80070006)
})

testWithGcc('ntstatus: structs within structs, and the code that Windows has for it', () => {
  const asked = { root: 0x44n, path: 'a\\äb', access: 0x80, share: 7, disposition: 1, options: 0 }
  assert.is(native.NtCreateFile(asked), 0x10_0080n)
  assert.is(faultOf(() => native.NtCreateFile({ ...asked, path: 'b' })).code, 0x80070002)
  assert.is(faultOf(() => native.NtCreateFile({ ...asked, share: 1 })).code, 0xd000000d)
})

testWithGcc('two tables in one thread do not get in each other’s way', async () => {
  const other = nativeOf(await loadTable({ dlls: everyDll(path) }))
  assert.is(other.GetLayerMountPath('C:\\4'), native.GetLayerMountPath('C:\\4'))
})

const samples: { readonly [K in Kind]: ArgumentOfKind[K] } = {
  text: 'a',
  path: 'C:\\a',
  document: '{}',
  documentOrNull: null,
  u32: 0xffff_ffff,
  i32: -1,
  size: 1n,
  u64: 2n ** 64n - 1n,
  i64: -1n,
  flag: true,
  handle: 4n,
  handleOrNull: null,
  pointer: 4n,
  pointerOrNull: null,
  thisProcess: 2n ** 64n - 1n,
  bytes: new Uint8Array(1),
  bytesOrNull: null,
  cell32: new Uint8Array(4),
  cell32OrNull: null,
  cell64: new Uint8Array(8),
  cell64OrNull: null,
  cell128: new Uint8Array(16),
  driver: { Flavour: 1, HomeDir: '' },
  descriptors: [
    { LayerId: { Data1: 0, Data2: 0, Data3: 0, Data4: [0, 0, 0, 0, 0, 0, 0, 0] }, Flags: 0, Path: 'C:\\a' },
  ],
  objectAttributes: {
    Length: 48,
    RootDirectory: 4n,
    ObjectName: { Length: 2, MaximumLength: 2, Buffer: 'a' },
    Attributes: 0,
    SecurityDescriptor: null,
    SecurityQualityOfService: null,
  },
  none: null,
}

const samplesFor = (name: FunctionName): readonly unknown[] => {
  const [, ...parameters] = signatureOf(name)
  return parameters.map(([, kind]) => samples[kind])
}

testWithGcc('every signature can be bound and called', async () => {
  const every = await loadTable({ dlls: everyDll(libraryOf('stubs')) })
  for (const name of functionNames) {
    requireArguments(name, samplesFor(name))
    const result = every[name](...samplesFor(name).map((value) => (value === true ? 1 : value)))
    assert.ok(result === 0 || result === null || result === undefined, `${name}: ${result}`)
  }
})

testWithGcc('a function that its DLL lacks is told when it is called, with what brings it', async () => {
  const { code, message } = faultOf(() => native.HcsSetupBaseOSVolume('C:\\a', 'C:\\b', '{}'))
  assert.is(code, 0x8007007f)
  assert.match(message, /^computestorage\.dll can't give HcsSetupBaseOSVolume: .*; use Windows Server 2022/)
  assert.match(faultOf(() => native.UnprepareLayer('C:\\a')).message, /Windows feature Containers/)
})

test('a DLL that is not there is told when one of its functions is called, with the feature that has it', async () => {
  const missing = nativeOf(await loadTable({ dlls: everyDll('/nowhere/missing.dll') }))
  const { code, message } = faultOf(() => missing.ActivateLayer('C:\\a'))
  assert.is(code, 0x8007007e)
  assert.match(message, /^\/nowhere\/missing\.dll can't be loaded: .*; it comes with the Windows feature Containers: /)
  assert.match(faultOf(() => missing.BfRemoveMapping('C:\\a')).message, /build 17763/)
})

test('a path for a DLL that is not bound is refused', async () => {
  const { code, message } = await faultLater(() => loadTable({ dlls: { 'vmcompute.dll': 'C:\\x.dll' } }))
  assert.is(code, 0x80070057)
  assert.match(message, /^a path was given for the DLL vmcompute\.dll; those bound are vmcompute, /)
})

test.run()
