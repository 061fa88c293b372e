import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { makeBase, mountPath, mountScratch, open, standinTest, unsigned, unmount, type Kit } from './standin/kit.js'
import { info, parents } from './standin/library.js'

const base = 'C:\\root\\1'
const scratch = 'C:\\root\\2'
const file = `${scratch}\\sandbox.vhdx`
const gib = 1n << 30n

const openDisk = (
  { standin }: Kit,
  path: string,
  asked: { readonly forInfo?: boolean; readonly access?: number } = {},
): bigint => {
  const parameters = Buffer.alloc(28)
  parameters.writeUInt32LE(2)
  parameters.writeUInt32LE(asked.forInfo === true ? 1 : 0, 4)
  const handle = Buffer.alloc(8)
  const failed = unsigned(standin.OpenVirtualDisk(Buffer.alloc(20), path, asked.access ?? 0, 0, parameters, handle))
  return failed === 0 ? handle.readBigUInt64LE() : -BigInt(failed)
}

const attach = ({ standin }: Kit, disk: bigint): number =>
  unsigned(standin.AttachVirtualDisk(disk, null, 0x20, 0, null, null))

const virtualSize = (kit: Kit, path: string): bigint => {
  const disk = openDisk(kit, path, { forInfo: true })
  const found = Buffer.alloc(32)
  found.writeUInt32LE(1)
  const size = Buffer.from([32, 0, 0, 0])
  assert.is(kit.standin.GetVirtualDiskInformation(disk, size, found, null), 0)
  kit.standin.CloseHandle(disk)
  return found.readBigUInt64LE(8)
}

const partition = ({ standin }: Kit, volume: bigint): bigint => {
  const length = Buffer.alloc(8)
  assert.is(standin.DeviceIoControl(volume, 0x0007_405c, null, 0, length, 8, Buffer.alloc(4), null), 1)
  return length.readBigUInt64LE()
}

const extend = ({ standin }: Kit, volume: bigint, sectors: bigint): number => {
  const asked = Buffer.alloc(8)
  asked.writeBigUInt64LE(sectors)
  const done = standin.DeviceIoControl(volume, 0x0009_00f0, asked, 8, null, 0, Buffer.alloc(4), null)
  return done === 1 ? 0 : unsigned(standin.GetLastError())
}

const total = ({ standin }: Kit, path: string): bigint => {
  const bytes = Buffer.alloc(8)
  assert.is(standin.GetDiskFreeSpaceExW(path, null, bytes, null), 1)
  return bytes.readBigUInt64LE()
}

const prepared = (kit: Kit): void => {
  makeBase(kit, base)
  assert.is(kit.standin.CreateSandboxLayer(info, scratch, null, ...parents(base)), 0)
}

standinTest('a grown disk has a larger partition, and a larger volume once that is extended', (kit) => {
  const { standin } = kit
  prepared(kit)
  assert.is(virtualSize(kit, file), 20n * gib)
  assert.is(standin.ExpandSandboxSize(info, scratch, 0n), 0)
  assert.is(standin.ExpandSandboxSize(info, scratch, 30n * gib + 1n), 0)
  assert.is(virtualSize(kit, file), 30n * gib + (1n << 20n))
  assert.is(unsigned(standin.ExpandSandboxSize(info, scratch, 20n * gib)), 0xc03a_0025)
  assert.is(unsigned(standin.ExpandSandboxSize(info, scratch, (1n << 46n) + 1n)), 0x8007_0057)

  const disk = openDisk(kit, file)
  assert.is(attach(kit, disk), 0)
  const volume = String(mountPath(kit, scratch))
  const handle = open(kit, volume, { access: 0xc000_0000, flags: 0 })
  const bytes = partition(kit, handle)
  assert.ok(bytes > 30n * gib - (4n << 20n) && bytes < 30n * gib + (1n << 20n))
  assert.ok(total(kit, `${volume}\\`) < 20n * gib)
  const clusters = bytes / 4096n
  assert.is(extend(kit, handle, (clusters + 1n) * 8n), 87)
  assert.is(extend(kit, handle, clusters * 8n), 0)
  assert.ok(total(kit, `${volume}\\`) / 4096n + 1n >= clusters)
  assert.is(extend(kit, handle, clusters * 8n), 87)
  standin.CloseHandle(handle)
  standin.CloseHandle(disk)
  assert.is(mountPath(kit, scratch), 0x8007_0037)
  assert.is(open(kit, volume, { access: 0xc000_0000, flags: 0 }), -2n)
})

standinTest('a disk is attached once, by a handle or by a layer', (kit) => {
  const { standin } = kit
  prepared(kit)
  const first = openDisk(kit, file)
  const second = openDisk(kit, file)
  assert.is(attach(kit, first), 0)
  assert.is(attach(kit, second), 32)
  assert.is(openDisk(kit, file), -32n)
  assert.is(unsigned(standin.ActivateLayer(info, scratch)), 0x8007_0020)
  assert.is(standin.MoveFileExW(scratch, 'C:\\root\\rm-2', 1), 0)
  standin.CloseHandle(first)
  standin.CloseHandle(second)
  assert.is(standin.ActivateLayer(info, scratch), 0)
  assert.is(openDisk(kit, file), -32n)
  const known = openDisk(kit, file, { forInfo: true })
  assert.ok(known > 0n)
  standin.CloseHandle(known)
})

standinTest('two scratches of one template have volumes of their own, which come back', (kit) => {
  makeBase(kit, base)
  const one = mountScratch(kit, scratch, base)
  const other = mountScratch(kit, 'C:\\root\\3', base)
  assert.is.not(one, other)
  kit.write(`${one}mine`, 'x')
  assert.not(fs.existsSync(kit.host(`${other}mine`)))
  unmount(kit, scratch)
  assert.is(kit.standin.ActivateLayer(info, scratch), 0)
  assert.is(kit.read(`${String(mountPath(kit, scratch))}\\mine`), 'x')
})

standinTest('what is no disk is told so, and version 2 wants no access', (kit) => {
  kit.write('C:\\none.vhdx', 'no disk')
  assert.is(openDisk(kit, 'C:\\none.vhdx'), -0xc03a_0005n)
  assert.is(openDisk(kit, 'C:\\missing.vhdx'), -2n)
  prepared(kit)
  assert.is(openDisk(kit, file, { access: 0x0001_0000 }), -87n)
  const half = fs.readFileSync(kit.host(file))
  half.fill(1, 65_636, 65_637)
  fs.writeFileSync(kit.host(file), half)
  assert.is(virtualSize(kit, file), 20n * gib)
  half.fill(1, 131_172, 131_173)
  fs.writeFileSync(kit.host(file), half)
  assert.is(openDisk(kit, file), -0xc03a_0005n)
})

standinTest('a disk that is not formatted has no volume to be measured', (kit) => {
  const { standin } = kit
  prepared(kit)
  const blank = fs.readFileSync(kit.host(file))
  blank.fill(0, 0x5_0000, 0x5_0008)
  fs.writeFileSync(kit.host(file), blank)
  const disk = openDisk(kit, file)
  assert.is(attach(kit, disk), 0)
  const volume = `${String(mountPath(kit, scratch))}\\`
  assert.is(standin.GetDiskFreeSpaceExW(volume, null, Buffer.alloc(8), null), 0)
  assert.is(standin.GetLastError(), 1005)
  standin.CloseHandle(disk)
})

test.run()
