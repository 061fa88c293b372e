import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  enablePrivileges,
  makeBase,
  mountScratch,
  open,
  openBelow,
  outstanding,
  standinTest,
  unsigned,
  type Kit,
} from './standin/kit.js'
import { info } from './standin/library.js'

const folder = 'C:\\files'

const basicOf = (
  { standin }: Kit,
  handle: bigint,
): { readonly times: readonly bigint[]; readonly attributes: number } => {
  const found = Buffer.alloc(40)
  assert.is(standin.GetFileInformationByHandleEx(handle, 0, found, 40), 1)
  return { times: [0, 8, 16, 24].map((at) => found.readBigInt64LE(at)), attributes: found.readUInt32LE(32) }
}

const setBasic = ({ standin }: Kit, handle: bigint, times: readonly bigint[], attributes: number): number => {
  const asked = Buffer.alloc(40)
  for (const [at, time] of times.entries()) asked.writeBigInt64LE(time, at * 8)
  asked.writeUInt32LE(attributes, 32)
  return standin.SetFileInformationByHandle(handle, 0, asked, 40) === 1 ? 0 : unsigned(standin.GetLastError())
}

const year = 133_000_000_000_000_000n
const times = [year + 1n, year + 2n, year + 3n, year + 4n]

standinTest('basic information is kept until the host changes the file', (kit) => {
  kit.write(`${folder}\\one`, 'one')
  const handle = open(kit, `${folder}\\one`, { access: 0xc000_0000 })
  assert.is(basicOf(kit, handle).attributes, 0x20)
  assert.is(setBasic(kit, handle, times, 0x23), 0)
  assert.equal(basicOf(kit, handle), { times, attributes: 0x23 })
  assert.is(setBasic(kit, handle, [0n, 0n, 0n, year], 0), 0)
  assert.equal(basicOf(kit, handle), { times: [...times.slice(0, 3), year], attributes: 0x23 })
  assert.is(
    fs.statSync(kit.host(`${folder}\\one`), { bigint: true }).mtimeNs,
    (times[2]! - 116_444_736_000_000_000n) * 100n,
  )
  // Times that were set outlast what the same handle writes.
  assert.is(kit.standin.WriteFile(handle, Buffer.from('two'), 3, Buffer.alloc(4), null), 1)
  kit.standin.CloseHandle(handle)
  const again = open(kit, `${folder}\\one`)
  assert.equal(basicOf(kit, again).times, [...times.slice(0, 3), year])
  fs.writeFileSync(kit.host(`${folder}\\one`), 'three')
  const now = basicOf(kit, again)
  assert.is(now.attributes, 0x23)
  assert.ok(now.times.every((time) => time > times[0]! + 10n ** 10n))
  assert.is(setBasic(kit, again, times, 0), 5)
  kit.standin.CloseHandle(again)
})

standinTest('a volume is opened by its letter, and flushed by whoever may write', (kit) => {
  const openVolume = (name: string, access: number) => kit.standin.CreateFileW(name, access, 3, null, 3, 0, null)
  assert.is(openVolume('\\\\.\\Q:', 0xc000_0000), 0xffff_ffff_ffff_ffffn)
  for (const [access, result] of [
    [0xc000_0000, 1],
    [0x8000_0000, 0],
  ] as const) {
    const volume = openVolume('\\\\.\\C:', access)
    assert.is(kit.standin.FlushFileBuffers(volume), result)
    kit.standin.CloseHandle(volume)
  }
  assert.is(kit.standin.FlushFileBuffers(0x1234n), 0)
})

standinTest('links are counted, and names of one file have one id', (kit) => {
  kit.write(`${folder}\\one`, 'one')
  const root = open(kit, folder)
  const one = open(kit, `${folder}\\one`, { access: 0x100 })
  const asked = Buffer.alloc(26)
  asked.writeBigUInt64LE(root, 8)
  asked.writeUInt32LE(6, 16)
  asked.write('two', 20, 'utf16le')
  const link = (): number => unsigned(kit.standin.NtSetInformationFile(one, Buffer.alloc(16), asked, 26, 11))
  assert.is(link(), 0)
  assert.is(link(), 0xc000_0035)
  const two = open(kit, `${folder}\\two`)
  const [a, b, standard] = [Buffer.alloc(24), Buffer.alloc(24), Buffer.alloc(24)]
  kit.standin.GetFileInformationByHandleEx(one, 18, a, 24)
  kit.standin.GetFileInformationByHandleEx(two, 18, b, 24)
  assert.equal(a, b)
  assert.is(kit.standin.GetFileInformationByHandleEx(two, 1, standard, 24), 1)
  assert.equal([standard.readBigUInt64LE(8), standard.readUInt32LE(16), standard[21]], [3n, 2, 0])
  for (const handle of [root, one, two]) kit.standin.CloseHandle(handle)
})

standinTest('CreateFileW says what is wrong as Windows does', (kit) => {
  kit.write(`${folder}\\one`, 'one')
  fs.symlinkSync('one', kit.host(`${folder}\\link`))
  assert.is(open(kit, `${folder}\\none`), -2n)
  assert.is(open(kit, `${folder}\\none\\deeper`), -3n)
  assert.is(open(kit, `${folder}\\one\\deeper`), -3n)
  assert.is(open(kit, `${folder}\\one`, { disposition: 1 }), -80n)
  assert.is(open(kit, folder, { flags: 0 }), -5n)
  assert.is(open(kit, 'relative'), -123n)
  assert.is(open(kit, `${folder}\\one:stream`), -123n)
  assert.is(open(kit, '\\\\server\\share\\x'), -53n)
  const [kept, followed] = [open(kit, `${folder}\\link`), open(kit, `${folder}\\link`, { flags: 0x0200_0000 })]
  assert.equal([basicOf(kit, kept).attributes, basicOf(kit, followed).attributes], [0x420, 0x20])
  for (const handle of [kept, followed]) kit.standin.CloseHandle(handle)
})

standinTest('a relative open follows nothing', (kit) => {
  kit.write(`${folder}\\sub\\one`, 'one')
  fs.symlinkSync('sub', kit.host(`${folder}\\link`))
  const root = open(kit, folder)
  const status = (path: string, asked: Parameters<typeof openBelow>[3] = {}): bigint => {
    const found = openBelow(kit, root, path, asked)
    if (found > 0n) kit.standin.CloseHandle(found)
    return found > 0n ? 0n : -found
  }
  assert.is(status('sub\\one'), 0n)
  assert.is(status(''), 0n)
  assert.is(status('link\\one'), 0xc000_050bn)
  assert.is(status('link'), 0n)
  assert.is(status('link', { options: 0x4020 }), 0xc000_050bn)
  assert.is(status('none'), 0xc000_0034n)
  assert.is(status('none\\one'), 0xc000_003an)
  assert.is(status('sub\\one\\deeper'), 0xc000_003an)
  assert.is(status('..\\files'), 0xc000_0033n)
  assert.is(status('sub', { disposition: 2 }), 0xc000_0035n)
  assert.is(status('sub\\one', { options: 0x4021 }), 0xc000_0103n)
  assert.is(status('sub', { options: 0x4060 }), 0xc000_00ban)
  assert.is(status('new', { disposition: 2, options: 0x4021 }), 0n)
  assert.is(status('new\\file', { disposition: 2 }), 0n)
  assert.is(status('none\\file', { disposition: 2 }), 0xc000_003an)
  kit.standin.StandinElevated(0)
  assert.is(status('sub', { access: 0x0100_0000 }), 0xc000_0061n)
  assert.is(kit.standin.RtlNtStatusToDosError(0xc000_050b), 4395)
  assert.ok(fs.statSync(kit.host(`${folder}\\new\\file`)).isFile())
  kit.standin.CloseHandle(root)
})

standinTest('what is marked goes when it is closed, unless it is read-only or holds something', (kit) => {
  kit.write(`${folder}\\sub\\one`, 'one')
  const root = open(kit, folder)
  const remove = (path: string, flags: number, type: number): number => {
    const found = openBelow(kit, root, path, { access: 0x1_0180 })
    const result = unsigned(
      kit.standin.NtSetInformationFile(found, Buffer.alloc(16), Buffer.from([flags, 0, 0, 0]), 4, type),
    )
    kit.standin.CloseHandle(found)
    return result
  }
  assert.is(remove('sub', 1, 13), 0xc000_0101)
  const one = open(kit, `${folder}\\sub\\one`, { access: 0xc000_0000 })
  setBasic(kit, one, [0n, 0n, 0n, 0n], 1)
  kit.standin.CloseHandle(one)
  assert.is(remove('sub\\one', 1, 13), 0xc000_0121)
  assert.is(remove('sub\\one', 1, 64), 0xc000_0121)
  assert.is(remove('sub\\one', 0x11, 64), 0)
  assert.is(remove('sub', 1, 13), 0)
  assert.equal(kit.tree(folder), [])
  kit.standin.CloseHandle(root)
})

standinTest('a folder with an open file is not renamed, a file is replaced only if asked for', (kit) => {
  const { standin } = kit
  kit.write(`${folder}\\one`, 'one')
  kit.write(`C:\\other\\two`, 'two')
  const move = (from: string, to: string, flags: number): number =>
    standin.MoveFileExW(from, to, flags) === 1 ? 0 : unsigned(standin.GetLastError())
  const handle = open(kit, `${folder}\\one`)
  assert.is(move(folder, 'C:\\moved', 0), 5)
  standin.CloseHandle(handle)
  assert.is(move(`${folder}\\one`, 'C:\\other\\two', 0), 183)
  assert.is(move(`${folder}\\one`, 'C:\\other\\two', 1), 0)
  assert.is(move('C:\\other', folder, 1), 5)
  assert.is(move('C:\\none', folder, 1), 2)
  assert.is(kit.read('C:\\other\\two'), 'one')
})

standinTest('a binding shows its target, a read-only one drops what was written', (kit) => {
  const { standin } = kit
  makeBase(kit, 'C:\\root\\1', { top: 'top' })
  const volume = mountScratch(kit, 'C:\\root\\2', 'C:\\root\\1')
  const [bound, seen] = ['C:\\mounts\\2', 'C:\\mounts\\2\\top']
  const bind = (flags: number, target: string): number =>
    unsigned(standin.BfSetupFilter(null, flags, bound, target, null, 0))
  assert.is(bind(0x40, volume), 0x8007_0003)
  fs.mkdirSync(kit.host('C:\\mounts'))
  assert.is(bind(0x40, volume.slice(0, -1)), 0x8007_0002)
  assert.is(bind(0x40, volume), 0)
  assert.is(bind(0x40, volume), 0x8007_00b7)
  kit.write(seen, 'changed')
  assert.is(standin.BfRemoveMapping(null, bound), 0)
  assert.is(unsigned(standin.BfRemoveMapping(null, bound)), 0x8007_0490)
  assert.is(kit.read(`${volume}top`), 'changed')
  assert.is(bind(0x41, volume), 0)
  assert.is(kit.read(seen), 'changed')
  kit.write(seen, 'dropped')
  assert.is(standin.BfRemoveMapping(null, bound), 0)
  assert.is(kit.read(`${volume}top`), 'changed')
  assert.not(fs.existsSync(kit.host(bound)))
  fs.mkdirSync(kit.host(bound))
  assert.is(bind(0x40, 'C:\\root\\1\\Files'), 0)
  assert.is(standin.BfRemoveMapping(null, bound), 0)
  assert.ok(fs.existsSync(kit.host(bound)))
})

standinTest('privileges, versions, volumes and descriptors answer as they were told to', ({ standin, ...rest }) => {
  assert.is(enablePrivileges(standin), 0)
  standin.StandinElevated(0)
  assert.is(enablePrivileges(standin), 1300)
  const version = Buffer.alloc(284)
  assert.is(unsigned(standin.RtlGetVersion(version)), 0xc000_000d)
  version.writeUInt32LE(284)
  standin.StandinBuild(17_763)
  assert.is(standin.RtlGetVersion(version), 0)
  assert.equal([version.readUInt32LE(4), version.readUInt32LE(12)], [10, 17_763])
  standin.StandinBuild(20_348)
  const name = Buffer.alloc(64)
  const volume = (root: string): number =>
    Number(standin.GetVolumeInformationW(root, null, 0, null, null, null, name, 32))
  assert.is(volume('C:\\'), 1)
  assert.is(name.toString('utf16le').replace(/\0.*$/s, ''), 'NTFS')
  assert.is(volume('C:'), 0)
  const root = Buffer.alloc(64)
  standin.GetVolumePathNameW('C:\\a\\b', root, 32)
  assert.is(root.toString('utf16le').replace(/\0.*$/s, ''), 'C:\\')
  const descriptor = Buffer.alloc(8)
  const convert = (text: string): number =>
    Number(standin.ConvertStringSecurityDescriptorToSecurityDescriptorW(text, 1, descriptor, null))
  assert.is(convert('O:BAG:SYD:(A;;FA;;;SY)(A;;FA;;;BA)'), 1)
  assert.equal(outstanding({ standin, ...rest }), [0, 0, 1])
  standin.LocalFree(descriptor.readBigUInt64LE())
  assert.is(convert('O:??'), 0)
  assert.is(standin.GetLastError(), 1336)
})

standinTest('bad arguments are refused', ({ standin }) => {
  const invalid = 0x8007_0057
  assert.is(unsigned(standin.ActivateLayer(info, null)), invalid)
  assert.is(unsigned(standin.ExportLayer(info, 'C:\\x', null, null, 0)), invalid)
  assert.is(unsigned(standin.GetLayerMountPath(info, 'C:\\x', null, null)), 0x8007_0003)
  assert.is(unsigned(standin.ProcessBaseImage(null)), invalid)
  assert.is(unsigned(standin.NameToGuid(null, null)), invalid)
  assert.is(unsigned(standin.BfSetupFilter(null, 0x40, null, null, null, 0)), invalid)
  assert.is(standin.OpenVirtualDisk(null, null, 0, 0, null, null), 87)
  assert.is(standin.ORSaveHive(5n, 'C:\\hive', 10, 0), 6)
  for (const value of [null, 0n, 1n, 0x5a00_0000n, 0x5aff_fff0n, 0xffff_ffff_ffff_ffffn]) {
    assert.is(standin.CloseHandle(value), 0)
    assert.is(standin.GetLastError(), 6)
    assert.is(standin.BackupRead(value, Buffer.alloc(8), 8, Buffer.alloc(4), 0, 0, Buffer.alloc(8)), 0)
    assert.is(standin.AttachVirtualDisk(value, null, 0, 0, null, null), 6)
    assert.is(unsigned(standin.NtSetInformationFile(value, Buffer.alloc(16), Buffer.alloc(8), 8, 13)), 0xc000_0008)
    assert.is(standin.DeviceIoControl(value, 1, null, 0, null, 0, null, null), 0)
  }
  assert.is(standin.CreateFileW(null, 0, 0, null, 3, 0, null), 0xffff_ffff_ffff_ffffn)
  assert.is(unsigned(standin.NtCreateFile(null, 0, null, null, null, 0, 0, 1, 0, null, 0)), 0xc000_000d)
  assert.is(standin.MoveFileExW(null, null, 0), 0)
  assert.is(standin.GetVolumeInformationW(null, null, 0, null, null, null, null, 0), 0)
  assert.is(standin.LocalFree(null), null)
})

test.run()
