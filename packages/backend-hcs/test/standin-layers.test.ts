import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  exportTo,
  importFrom,
  makeBase,
  mountPath,
  mountScratch,
  openBelow,
  open,
  saveHive,
  standinTest,
  unmount,
  unsigned,
  type Kit,
} from './standin/kit.js'
import { info, parents } from './standin/library.js'

const base = 'C:\\root\\1'
const layer = 'C:\\root\\2'
const scratch = 'C:\\root\\3'

const win32 = (code: number): number => (0x8007_0000 | code) >>> 0

const activate = ({ standin }: Kit, path: string): number => unsigned(standin.ActivateLayer(info, path))
const prepare = ({ standin }: Kit, path: string, ...above: readonly string[]): number =>
  unsigned(standin.PrepareLayer(info, path, ...parents(...above)))
const unprepare = ({ standin }: Kit, path: string): number => unsigned(standin.UnprepareLayer(info, path))
const deactivate = ({ standin }: Kit, path: string): number => unsigned(standin.DeactivateLayer(info, path))

standinTest('a scratch goes from nothing to activated to prepared and back, each step in its place', (kit) => {
  makeBase(kit, base)
  assert.is(activate(kit, scratch), win32(3))
  fs.mkdirSync(kit.host(scratch))
  assert.is(activate(kit, scratch), win32(2))
  assert.is(unprepare(kit, scratch), win32(55))
  assert.is(deactivate(kit, scratch), 0)
  assert.is(kit.standin.CreateSandboxLayer(info, scratch, null, ...parents(base)), 0)
  assert.is(prepare(kit, scratch, base), 0x8037_0105)
  assert.is(activate(kit, scratch), 0)
  assert.is(activate(kit, scratch), win32(32))
  assert.is(unprepare(kit, scratch), 0x801f_0015)
  assert.is(prepare(kit, scratch), win32(87))
  assert.is(prepare(kit, scratch, base), 0)
  assert.is(prepare(kit, scratch, base), 0x801f_0012)
  assert.is(deactivate(kit, scratch), win32(32))
  assert.equal(unmount(kit, scratch), [0, 0])
  assert.is(unprepare(kit, scratch), win32(55))
})

standinTest('a layer in use is neither renamed nor destroyed nor imported to nor expanded', (kit) => {
  const { standin } = kit
  makeBase(kit, base)
  mountScratch(kit, scratch, base)
  unprepare(kit, scratch)
  assert.is(standin.MoveFileExW(scratch, 'C:\\root\\rm-3', 1), 0)
  assert.is(standin.GetLastError(), 5)
  assert.is(unsigned(standin.DestroyLayer(info, scratch)), win32(32))
  assert.is(unsigned(standin.ExpandSandboxSize(info, scratch, 1n << 36n)), win32(32))
  assert.is(importFrom(kit, scratch, 'C:\\root', base), win32(32))
  deactivate(kit, scratch)
  assert.is(standin.MoveFileExW(scratch, 'C:\\root\\rm-3', 1), 1)
  assert.is(standin.DestroyLayer(info, 'C:\\root\\rm-3'), 0)
  assert.not(fs.existsSync(kit.host('C:\\root\\rm-3')))
  assert.is(unsigned(standin.DestroyLayer(info, 'C:\\root\\rm-3')), win32(3))
  assert.equal(fs.readdirSync(`${kit.base}/disks`), [])
})

standinTest('what another process activated, killed since, is activated here', (kit) => {
  makeBase(kit, base)
  assert.is(kit.standin.CreateSandboxLayer(info, scratch, null, ...parents(base)), 0)
  const program = `
    import { bind, info } from ${JSON.stringify(new URL('standin/library.js', import.meta.url).href)}
    import { buildStandin } from ${JSON.stringify(new URL('standin/build.js', import.meta.url).href)}
    const standin = bind(process.env.VARVE_STANDIN ?? buildStandin())
    standin.StandinRoot(${JSON.stringify(kit.base)})
    if (standin.ActivateLayer(info, ${JSON.stringify(scratch)}) === 0) process.kill(process.pid, 'SIGKILL')`
  const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  assert.is(signal, 'SIGKILL', stderr)
  assert.is(activate(kit, scratch), win32(32))
  assert.is(deactivate(kit, scratch), 0)
  assert.is(activate(kit, scratch), 0)
})

standinTest('the mount path is a volume, or the folder, told in two calls', (kit) => {
  makeBase(kit, base)
  assert.is(mountPath(kit, base), base)
  assert.is(mountPath(kit, scratch), win32(3))
  const volume = mountScratch(kit, scratch, base)
  assert.match(volume, /^\\\\\?\\Volume\{[-0-9a-f]{36}\}\\$/)
  const units = Buffer.alloc(8)
  units.writeUInt8(4)
  assert.is(unsigned(kit.standin.GetLayerMountPath(info, scratch, units, Buffer.alloc(8))), win32(122))
  assert.is(units.readUInt8(), volume.length)
  unmount(kit, scratch)
  assert.is(mountPath(kit, scratch), win32(55))
})

standinTest('descriptors and driver are checked', (kit) => {
  const { standin } = kit
  makeBase(kit, base)
  standin.CreateSandboxLayer(info, scratch, null, ...parents(base))
  activate(kit, scratch)
  const [described] = parents(base)
  const wrong: readonly (readonly [object | null, number])[] = [
    [described, 0],
    [null, 1],
    [(parents('C:\\root\\other')[0] as object[]).map((one) => ({ ...one, path: base })), 1],
    [(described as object[]).map((one) => ({ ...one, flags: 1 })), 1],
    [(described as object[]).map((one) => ({ ...one, path: null })), 1],
  ]
  for (const [list, count] of wrong)
    assert.is(unsigned(standin.PrepareLayer(info, scratch, list, count)), win32(87), JSON.stringify(list))
  assert.is(prepare(kit, scratch, 'C:\\root\\missing'), win32(3))
  assert.is(unsigned(standin.ActivateLayer({ flavour: 0, home: '' }, base)), win32(87))
  assert.is(unsigned(standin.ActivateLayer({ flavour: 1, home: 'C:\\' }, base)), win32(87))
  assert.is(unsigned(standin.ActivateLayer(null, base)), win32(87))
})

standinTest('ids of names are those of Windows', ({ standin }) => {
  const id = Buffer.alloc(16)
  const hex = (name: string): string => {
    standin.NameToGuid(name, id)
    return id.toString('hex')
  }
  assert.is(hex('1'), '0719ed654d89ff50bdcbcc63fb515966')
  assert.is(hex('4e3c0eecb91d8fc28eda07ff06c6910a592b0ce4539476fb943b48e6934e9976'), '28d122cd3e900a559d8faa8134ca1c9b')
})

standinTest('a base is processed once, and only with its five hives', (kit) => {
  const { standin } = kit
  const process = (): number => unsigned(standin.ProcessBaseImage(base))
  fs.mkdirSync(kit.host(`${base}\\Files`), { recursive: true })
  assert.is(process(), win32(3))
  const config = `${base}\\Files\\Windows\\System32\\config`
  for (const hive of ['DEFAULT', 'SAM', 'SECURITY', 'SOFTWARE']) kit.write(`${config}\\${hive}`, '')
  for (const hive of ['DEFAULT', 'SAM', 'SECURITY', 'SOFTWARE']) fs.unlinkSync(kit.host(`${config}\\${hive}`))
  for (const hive of ['DEFAULT', 'SAM', 'SECURITY', 'SOFTWARE']) saveHive(kit, `${config}\\${hive}`)
  assert.is(process(), win32(2))
  kit.write(`${config}\\SYSTEM`, 'no hive')
  assert.is(process(), win32(1017))
  fs.unlinkSync(kit.host(`${config}\\SYSTEM`))
  assert.is(saveHive(kit, `${config}\\SYSTEM`), 0)
  assert.is(saveHive(kit, `${config}\\SYSTEM`), 183)
  assert.is(process(), 0)
  assert.equal(kit.tree(`${base}\\Hives`), [
    'DEFAULTUSER_BASE',
    'SAM_BASE',
    'SECURITY_BASE',
    'SOFTWARE_BASE',
    'SYSTEM_BASE',
  ])
  assert.is(kit.read(`${base}\\layout`), 'vhd-with-hives\n')
  assert.is(process(), win32(183))
})

standinTest('a utility VM is processed by its BCD, which changes where it lies', (kit) => {
  const vm = `${base}\\UtilityVM`
  const bcd = `${vm}\\Files\\EFI\\Microsoft\\Boot\\BCD`
  const process = (): number => unsigned(kit.standin.ProcessUtilityImage(`\\\\?\\${vm}`))
  assert.is(process(), win32(2))
  kit.write(bcd, 'no hive')
  assert.is(process(), win32(1017))
  fs.unlinkSync(kit.host(bcd))
  saveHive(kit, bcd)
  fs.linkSync(kit.host(bcd), kit.host(`${base}\\same`))
  const before = kit.read(bcd)
  assert.is(process(), 0)
  assert.is.not(kit.read(bcd), before)
  assert.is(kit.read(`${base}\\same`), kit.read(bcd))
  assert.equal(
    kit.tree(vm).filter((name) => !name.includes('/')),
    ['Files', 'SystemTemplate.vhdx', 'SystemTemplateBase.vhdx'],
  )
})

const changed = (kit: Kit): string => {
  makeBase(kit, base, { 'a\\one': 'one', 'a\\two': 'two', 'b\\three': 'three', top: 'top', 'gone\\x\\y': 'y' })
  fs.linkSync(kit.host(`${base}\\Files\\top`), kit.host(`${base}\\Files\\peak`))
  const volume = mountScratch(kit, scratch, base)
  const at = (path: string): string => kit.host(volume + path)
  assert.is(fs.statSync(at('top')).ino, fs.statSync(at('peak')).ino)
  fs.writeFileSync(at('a\\new'), 'new')
  fs.unlinkSync(at('a\\one'))
  fs.writeFileSync(at('b\\three'), 'THREE')
  fs.writeFileSync(at('top'), 'higher')
  fs.rmSync(at('gone'), { recursive: true })
  fs.symlinkSync('a\\two', at('link'))
  fs.mkdirSync(at('empty'))
  return volume
}

standinTest('an export has what differs from the merge, and the folders on the way', (kit) => {
  changed(kit)
  const folder = 'C:\\transport'
  fs.mkdirSync(kit.host(folder))
  assert.is(exportTo(kit, scratch, folder, base), 0x8037_0105)
  unprepare(kit, scratch)
  assert.is(exportTo(kit, scratch, folder, base), 0)
  assert.equal(kit.tree(`${folder}\\Files`), [
    'a',
    'a.$wcidirs$',
    'a/new',
    'b',
    'b.$wcidirs$',
    'b/three',
    'empty',
    'empty.$wcidirs$',
    'link',
    'peak',
    'top',
  ])
  assert.is(fs.statSync(kit.host(`${folder}\\Files\\top`)).nlink, 2)
  assert.is(kit.read(`${folder}\\tombstones.txt`), '\ufeffVersion 1.0\r\n\\a\\one\r\n\\gone\r\n')
  assert.equal(kit.tree(`${folder}\\Hives`).length, 5)
  const sidecar = fs.readFileSync(kit.host(`${folder}\\Files\\a\\new`))
  assert.is(sidecar.toString('hex'), '20000000' + '01000000000000000300000000000000' + '00000000' + '6e6577')
})

/** Deletes as the writer of imports does: without following anything. */
const remove = (kit: Kit, root: string, path: string): bigint => {
  const folder = open(kit, root)
  const found = openBelow(kit, folder, path, { access: 0x1_0180 })
  if (found > 0n) {
    kit.standin.NtSetInformationFile(found, Buffer.alloc(16), Buffer.from([1, 0, 0, 0]), 4, 64)
    kit.standin.CloseHandle(found)
  }
  kit.standin.CloseHandle(folder)
  return found
}

standinTest('an imported layer shows its parents but for what was deleted in it', (kit) => {
  changed(kit)
  unprepare(kit, scratch)
  const folder = 'C:\\transport'
  exportTo(kit, scratch, folder, base)
  deactivate(kit, scratch)
  assert.is(importFrom(kit, layer, folder, base), 0)
  assert.is(importFrom(kit, layer, folder, base), win32(183))
  assert.equal(kit.tree(`${layer}\\Files`), [
    'Windows',
    'a',
    'a/new',
    'a/one',
    'a/two',
    'b',
    'b/three',
    'empty',
    'gone',
    'link',
    'peak',
    'top',
  ])
  for (const path of ['a\\one', 'gone']) assert.ok(remove(kit, `${layer}\\Files`, path) > 0n)
  // A placeholder is a reparse point, and nothing is opened through one.
  assert.is(remove(kit, `${layer}\\Files`, 'Windows\\System32'), -0xc000_050bn)

  const volume = mountScratch(kit, 'C:\\root\\4', layer, base)
  const shown = kit.tree(volume).filter((name) => !name.startsWith('Windows'))
  assert.equal(shown, ['a', 'a/new', 'a/two', 'b', 'b/three', 'empty', 'link', 'peak', 'top'])
  assert.ok(fs.existsSync(kit.host(`${volume}Windows\\System32\\config\\SYSTEM`)))
  assert.equal([kit.read(`${volume}a\\two`), kit.read(`${volume}b\\three`)], ['two', 'THREE'])
  assert.is(fs.readlinkSync(kit.host(`${volume}link`)), 'a\\two')
  unmount(kit, 'C:\\root\\4')

  // The layer's own folder gives the same difference again.
  assert.is(exportTo(kit, layer, 'C:\\again', base), 0)
  assert.is(kit.read('C:\\again\\tombstones.txt'), kit.read('C:\\transport\\tombstones.txt'))
  assert.equal(kit.tree('C:\\again\\Files'), kit.tree('C:\\transport\\Files'))
})

standinTest('what was written stays, and is not merged again', (kit) => {
  const volume = changed(kit)
  unmount(kit, scratch)
  assert.not(fs.existsSync(kit.host(volume)))
  assert.is(activate(kit, scratch), 0)
  assert.is(prepare(kit, scratch, base), 0)
  assert.is(`${mountPath(kit, scratch)}\\`, volume)
  assert.is(kit.read(`${volume}a\\new`), 'new')
  assert.not(fs.existsSync(kit.host(`${volume}a\\one`)))
})

standinTest('an export and an import need their privileges', (kit) => {
  makeBase(kit, base)
  kit.standin.StandinElevated(0)
  assert.is(exportTo(kit, base, 'C:\\out'), win32(1314))
  assert.is(importFrom(kit, layer, 'C:\\out', base), win32(1314))
})

test.run()
