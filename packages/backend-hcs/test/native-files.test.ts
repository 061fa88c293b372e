import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fileAttributeTagInfo } from '../src/bindings/structs.js'
import { read, textIn } from '../src/native/fields.js'
import { nativeOf } from '../src/native/native-of.js'
import type { BackupContext } from '../src/native/native.js'
import type { RawFunction } from '../src/native/table.js'
import { failingTable } from './support/failing-table.js'
import { fakeTable, get64, put32, put64, putText } from './support/fake-table.js'
import { faultOf } from './support/failure.js'

const path = 'C:\\varve\\snapshots\\4'

const hexOf = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)

test('a backup context lives from the first call to its release, through failures', () => {
  const contexts: bigint[] = []
  const { table, calls } = fakeTable({
    BackupRead: (...[, , length, done, abort, , context]) => {
      contexts.push(get64(context))
      put64(context, abort === 1 ? 0n : 0x77n)
      put32(done, contexts.length < 3 ? Number(length) : 0)
      return contexts.length === 2 ? 0 : 1
    },
    GetLastError: () => 23,
  })
  const { BackupRead, ReleaseBackupRead } = nativeOf(table)
  const context: BackupContext = { pointer: null }
  ReleaseBackupRead(4n, context)
  assert.equal(calls, [])
  assert.is(BackupRead(4n, new Uint8Array(8), true, context), 8)
  assert.equal(context, { pointer: 0x77n })
  assert.is(faultOf(() => BackupRead(4n, new Uint8Array(8), true, context)).code, 0x80070017)
  assert.equal(context, { pointer: 0x77n })
  assert.is(BackupRead(4n, new Uint8Array(8), true, context), 0)
  ReleaseBackupRead(4n, context)
  assert.equal(context, { pointer: null })
  ReleaseBackupRead(4n, context)
  assert.equal(contexts, [0n, 0x77n, 0x77n, 0x77n])
  assert.equal(calls.at(-1)?.values.slice(4, 6), [1, 0])
})

test('a context made by a call that failed can be released', () => {
  const { table } = fakeTable({
    BackupWrite: (...[, , , , abort, , context]) => {
      put64(context, abort === 1 ? 0n : 0x77n)
      return abort === 1 ? 1 : 0
    },
    GetLastError: () => 112,
  })
  const { BackupWrite, ReleaseBackupWrite } = nativeOf(table)
  const context: BackupContext = { pointer: null }
  assert.is(faultOf(() => BackupWrite(4n, new Uint8Array(8), true, context)).code, 0x80070070)
  assert.equal(context, { pointer: 0x77n })
  ReleaseBackupWrite(4n, context)
  assert.equal(context, { pointer: null })
})

test('a call that failed before it made a context leaves none', () => {
  const { table } = fakeTable({ BackupRead: () => 0, GetLastError: () => 5 })
  const context: BackupContext = { pointer: null }
  assert.is(faultOf(() => nativeOf(table).BackupRead(4n, new Uint8Array(8), true, context)).code, 0x80070005)
  assert.equal(context, { pointer: null })
})

test('fields and texts are found in the middle of a buffer', () => {
  const whole = new Uint8Array(Buffer.from('ffffffff' + '0500000003000000' + '61006200' + '0000ffff', 'hex'))
  assert.is(read(fileAttributeTagInfo, whole.subarray(4), 'ReparseTag'), 3)
  assert.is(textIn(whole.subarray(12)), 'ab')
  assert.is(textIn(whole.subarray(12, 16)), 'ab')
  assert.is(textIn(new Uint8Array(0)), '')
})

test('a short write is a failure, and nothing is nothing to write', () => {
  const short: RawFunction = (_handle, _buffer, length, written) => (put32(written, Number(length) - 1), 1)
  const { table, calls } = fakeTable({ BackupWrite: short, WriteFile: short })
  const { BackupWrite, WriteFile } = nativeOf(table)
  const context: BackupContext = { pointer: null }
  assert.is(faultOf(() => BackupWrite(4n, new Uint8Array(8), true, context)).code, 0x8007001d)
  assert.is(faultOf(() => WriteFile(4n, new Uint8Array(8))).code, 0x8007001d)
  BackupWrite(4n, new Uint8Array(0), true, context)
  WriteFile(4n, new Uint8Array(0))
  assert.is(calls.length, 2)
})

test('times and attributes of a file, read and set', () => {
  const stored = Buffer.from(
    '0100000000000000' + '0200000000000000' + '0300000000000000' + 'ffffffffffffff7f' + '2000000000000000',
    'hex',
  )
  const info = { created: 1n, accessed: 2n, modified: 3n, changed: 2n ** 63n - 1n, attributes: 0x20 }
  const { table, calls } = fakeTable({
    GetFileInformationByHandleEx: (_handle, kind, buffer, length) => {
      ;(buffer as Uint8Array).set(stored)
      return kind === 0 && length === 40 ? 1 : 0
    },
  })
  const native = nativeOf(table)
  assert.equal(native.GetFileBasicInfo(4n), info)
  native.SetFileBasicInfo(4n, info)
  const { name, values } = calls[1] ?? { name: '', values: [] }
  assert.equal(
    [name, values[1], hexOf(values[2]), values[3]],
    ['SetFileInformationByHandle', 0, stored.toString('hex'), 40],
  )
})

test('what else is asked of a file, by class', () => {
  const answers: Readonly<Record<number, string>> = {
    1: '00100000000000000a0000000000000003000000000100ff',
    9: '00040000030000a0',
    18: '88776655443322110102030405060708090a0b0c0d0e0f10',
  }
  const { table } = fakeTable({
    GetFileInformationByHandleEx: (_handle, kind, buffer, length) => {
      const answer = Buffer.from(answers[Number(kind)] ?? '', 'hex')
      ;(buffer as Uint8Array).set(answer)
      return answer.length === length ? 1 : 0
    },
  })
  const native = nativeOf(table)
  assert.equal(native.GetFileStandardInfo(4n), { size: 10n, links: 3, isDirectory: true })
  assert.equal(native.GetFileAttributeTagInfo(4n), { attributes: 0x400, reparseTag: 0xa0000003 })
  assert.is(native.GetFileIdInfo(4n), answers[18])
})

test('volumes: file system, root, size, partition, growth', () => {
  const { table, calls } = fakeTable({
    GetVolumeInformationW: (...values) => (putText(values[6], 'NTFS'), 1),
    GetVolumePathNameW: (_path, buffer) => (putText(buffer, 'C:\\'), 1),
    GetDiskFreeSpaceExW: (_path, _available, total) => (put64(total, 5n), 1),
    DeviceIoControl: (_handle, _control, _input, _inputLength, output) => (put64(output, 7n), 1),
  })
  const native = nativeOf(table)
  assert.is(native.GetVolumeFileSystem('C:\\'), 'NTFS')
  assert.is(native.GetVolumePathNameW(path), 'C:\\')
  assert.is(native.GetDiskTotalBytes(path), 5n)
  assert.is(native.GetPartitionLength(4n), 7n)
  native.ExtendVolume(4n, 2n ** 33n)
  const [length, growth] = calls.slice(3).map(({ values }) => values.slice(1, 6).map(hexOf))
  assert.equal(length, [String(0x7405c), 'null', '0', '0700000000000000', '8'])
  assert.equal(growth, [String(0x900f0), '0000000002000000', '8', 'null', '0'])
})

test('an open below a handle follows no reparse point and is for backup', () => {
  const { table, calls } = fakeTable({ NtCreateFile: (out) => (put64(out, 0x60n), 0) })
  const asked = { root: 4n, path: 'Files\\ä', access: 0x80, share: 7, disposition: 1, options: 0x20_0000 }
  assert.is(nativeOf(table).NtCreateFile(asked), 0x60n)
  assert.equal(calls[0]?.values.slice(1), [
    0x10_0080,
    {
      Length: 48,
      RootDirectory: 4n,
      ObjectName: { Length: 14, MaximumLength: 14, Buffer: 'Files\\ä' },
      Attributes: 0x1000,
      SecurityDescriptor: null,
      SecurityQualityOfService: null,
    },
    new Uint8Array(16),
    null,
    0,
    7,
    1,
    0x20_4020,
    null,
    0,
  ])
})

test('a link is a zeroed header, then the name; a short name is padded to the whole struct', () => {
  const { table, calls } = fakeTable()
  const { LinkFile } = nativeOf(table)
  LinkFile(4n, 0x1122n, 'name')
  LinkFile(4n, 0x1122n, 'a')
  const [long, short] = calls.map(({ values }) => [hexOf(values[2]), values[3], values[4]])
  assert.equal(long, ['0000000000000000' + '2211000000000000' + '08000000' + '6e0061006d006500', 28, 11])
  assert.equal(short, ['0000000000000000' + '2211000000000000' + '02000000' + '61000000', 24, 11])
})

test('where the newer class of deletion is unknown, the older one is used', () => {
  const older = (code: number): readonly unknown[] => {
    const { table, calls } = fakeTable({ RtlNtStatusToDosError: () => 317 })
    nativeOf(failingTable(table, (_name, number) => (number === 1 ? code : undefined))).DeleteOnClose(4n)
    return calls
      .filter(({ name }) => name === 'NtSetInformationFile')
      .map(({ values }) => [hexOf(values[2]), ...values.slice(3)])
  }
  for (const code of [0x80070001, 0x80070032, 0x80070057, 0xc0000002]) assert.equal(older(code), [['01', 1, 13]])
  const { table, calls } = fakeTable()
  nativeOf(table).DeleteOnClose(4n)
  assert.equal(
    calls.map(({ values }) => [hexOf(values[2]), ...values.slice(3)]),
    [['13000000', 4, 64]],
  )
  assert.is(faultOf(() => older(0x80070005)).code, 0x80070005)
  const both = failingTable(table, () => 0x80070057)
  assert.is(faultOf(() => nativeOf(both).DeleteOnClose(4n)).code, 0x80070057)
})

test.run()
