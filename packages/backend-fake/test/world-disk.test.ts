import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { operations } from '../src/world/operations.js'
import type { World } from '../src/world/world.js'
import { addLayer, attach, create, destroy, detach, perform, seal, usage } from './support/acts.js'
import { failure, grounds, onGround } from './support/worlds.js'

const isPosix = process.platform !== 'win32'
const testOnPosix = isPosix ? test : test.skip
const isRoot = process.getuid?.() === 0
if (!isPosix) console.log('skipped: modes, owners, pipes and names that are no UTF-8 are for POSIX hosts')
if (isPosix && !isRoot) console.log('not tested: owners, as only root may give files away')

type Host = { readonly world: World; readonly at: (...names: readonly string[]) => string }

const law = (title: string, body: (host: Host) => void): void =>
  testOnPosix(title, () =>
    onGround(grounds.disk, ({ open, layout }) =>
      body({ world: open(), at: (...names) => path.join(layout.root, ...names) }),
    ),
  )

/** A scratch, attached, over a base layer whose content `fill` makes in a directory of the host. */
const scratchOver = ({ world, at }: Host, fill: (directory: string) => void): void => {
  perform(world, create(1))
  perform(world, attach(1))
  fill(at('snapshots', '1', 'Files'))
  perform(world, detach(1))
  perform(world, seal(1))
  perform(world, create(2, { parents: [1] }))
  perform(world, attach(2, [1]))
}

const modified = 1_234_567_890.123_456

law('a time before 1970 is the same after every copy', (host) => {
  const { world, at } = host
  scratchOver(host, (directory) => {
    for (const [name, time] of [
      ['late', '1234567890.1234565'],
      ['early', '-315619199.8765435'],
      ['whole', '-1.0000005'],
    ] as const) {
      fs.writeFileSync(path.join(directory, name), name)
      fs.utimesSync(path.join(directory, name), time, time)
    }
  })
  const microseconds = (name: string): bigint => fs.statSync(at('mounts', '2', name), { bigint: true }).mtimeNs / 1000n
  const times = (): readonly bigint[] => ['late', 'early', 'whole'].map(microseconds)
  const expected = [1_234_567_890_123_456n, -315_619_199_876_543n, -1_000_000n]
  assert.equal(times(), expected)
  for (const content of ['once', 'twice', 'three times']) {
    for (const name of ['late', 'early', 'whole']) fs.renameSync(at('mounts', '2', name), at('mounts', '2', `${name}-`))
    for (const name of ['late', 'early', 'whole']) fs.renameSync(at('mounts', '2', `${name}-`), at('mounts', '2', name))
    perform(world, detach(2, [1]))
    perform(world, attach(2, [1]))
    assert.equal(times(), expected, content)
  }
})

law('modes, owners and times are kept through attach, detach, commit', (host) => {
  const { world, at } = host
  const set = (directory: string): void => {
    fs.mkdirSync(path.join(directory, 'dir'))
    fs.writeFileSync(path.join(directory, 'dir', 'file'), 'x')
    fs.symlinkSync('file', path.join(directory, 'dir', 'link'))
    fs.lutimesSync(path.join(directory, 'dir', 'link'), modified, modified)
    for (const [name, mode] of [
      ['dir/file', 0o4751],
      ['dir', 0o1711],
    ] as const) {
      if (isRoot) fs.chownSync(path.join(directory, name), 1234, 5678)
      fs.chmodSync(path.join(directory, name), mode)
      fs.utimesSync(path.join(directory, name), modified, modified)
    }
    fs.chmodSync(directory, 0o2750)
  }
  const check = (directory: string): void => {
    const stat = (name: string): fs.Stats => fs.lstatSync(path.join(directory, name))
    assert.is((stat('dir/file').mode & 0o7777).toString(8), '4751')
    assert.is((stat('dir').mode & 0o7777).toString(8), '1711')
    assert.is((stat('').mode & 0o7777).toString(8), '2750')
    if (isRoot) assert.equal([stat('dir').uid, stat('dir/file').gid], [1234, 5678])
    for (const name of ['dir', 'dir/file', 'dir/link'])
      assert.ok(Math.abs(stat(name).mtimeMs - modified * 1000) < 0.001, `${name}: ${stat(name).mtimeMs}`)
  }
  scratchOver(host, set)
  check(at('mounts', '2'))
  fs.writeFileSync(at('mounts', '2', 'other'), 'y')
  perform(world, detach(2, [1]))
  perform(world, attach(2, [1]))
  check(at('mounts', '2'))
  perform(world, detach(2, [1]))
  perform(world, create(3, { parents: [1] }))
  perform(world, attach(3, [1]))
  fs.rmSync(at('mounts', '3', 'dir'), { recursive: true })
  set(at('mounts', '3'))
  for (let sitting = 0; sitting < 3; sitting++) {
    perform(world, detach(3, [1]))
    perform(world, attach(3, [1]))
    check(at('mounts', '3'))
  }
  perform(world, detach(3, [1]))
  perform(world, seal(3, { parents: [1] }))
  check(at('snapshots', '3', 'Files'))
})

law('only what changed is in the delta', (host) => {
  const { world, at } = host
  scratchOver(host, (directory) => {
    fs.mkdirSync(path.join(directory, 'a/b'), { recursive: true })
    for (const name of ['a/b/one', 'a/b/two', 'three']) fs.writeFileSync(path.join(directory, name), 'x')
  })
  fs.chmodSync(at('mounts', '2', 'a/b/two'), 0o600)
  perform(world, detach(2, [1]))
  const delta = fs
    .readdirSync(at('scratch', '2', 'Files'), { recursive: true })
    .map(String)
    .toSorted()
  assert.equal(delta, ['a', 'a/b', 'a/b/two'])
  assert.equal(fs.readdirSync(at('scratch', '2')), ['Files'])
})

law("no merged file is a parent's file", (host) => {
  const { at } = host
  scratchOver(host, (directory) => {
    fs.writeFileSync(path.join(directory, 'one'), 'x')
    fs.linkSync(path.join(directory, 'one'), path.join(directory, 'two'))
  })
  const [parent, one, two] = [at('snapshots', '1', 'Files', 'one'), at('mounts', '2', 'one'), at('mounts', '2', 'two')]
  assert.is(fs.statSync(one).ino, fs.statSync(two).ino)
  assert.is.not(fs.statSync(one).ino, fs.statSync(parent).ino)
  assert.is(fs.statSync(parent).nlink, 2)
})

law("a harvested file is a copy, so that a handle that stays open can't change it", (host) => {
  const { world, at } = host
  scratchOver(host, () => undefined)
  const handle = fs.openSync(at('mounts', '2', 'file'), 'w')
  fs.writeSync(handle, 'before')
  perform(world, detach(2, [1]))
  fs.writeSync(handle, ' and after')
  fs.closeSync(handle)
  assert.is(fs.readFileSync(at('scratch', '2', 'Files', 'file'), 'utf8'), 'before')
})

law('names that are no UTF-8 are kept, and refused at the commit', (host) => {
  const { world, at } = host
  const name = Buffer.from([0x61, 0xff, 0xc3, 0xa9, 0xe2, 0x82])
  scratchOver(host, () => undefined)
  const inside = (...names: readonly string[]): Buffer => Buffer.concat([Buffer.from(`${at(...names)}/`), name])
  try {
    fs.writeFileSync(inside('mounts', '2'), 'x')
  } catch {
    console.log('not tested: this file system has no names that are no UTF-8')
    return
  }
  fs.symlinkSync(name, at('mounts', '2', 'link'))
  for (let sitting = 0; sitting < 2; sitting++) {
    perform(world, detach(2, [1]))
    assert.is(fs.readFileSync(inside('scratch', '2', 'Files'), 'utf8'), 'x')
    perform(world, attach(2, [1]))
    assert.is(fs.readFileSync(inside('mounts', '2'), 'utf8'), 'x')
    assert.equal(fs.readlinkSync(at('mounts', '2', 'link'), { encoding: 'buffer' }), name)
  }
  perform(world, detach(2, [1]))
  const refusal = failure(operations.perform(world, seal(2, { parents: [1] })))
  assert.is(refusal._tag, 'InvalidArgument')
  assert.match(refusal.message, 'is not valid Unicode')
})

law('pipes are kept through detach, and refused at the commit', (host) => {
  const { world, at } = host
  scratchOver(host, () => undefined)
  if (spawnSync('mkfifo', [at('mounts', '2', 'pipe')]).status !== 0) {
    console.log('not tested: no mkfifo')
    return
  }
  for (let sitting = 0; sitting < 2; sitting++) {
    perform(world, detach(2, [1]))
    perform(world, attach(2, [1]))
    assert.ok(fs.lstatSync(at('mounts', '2', 'pipe')).isFIFO())
  }
  perform(world, detach(2, [1]))
  const refusal = failure(operations.perform(world, seal(2, { parents: [1] })))
  assert.is(refusal._tag, 'InvalidArgument')
  assert.match(refusal.message, '"pipe" is neither file, directory nor symlink')
})

law('large files and their holes', (host) => {
  const { world, at } = host
  const bytes = Buffer.alloc(9 * 1024 * 1024 + 17)
  bytes.write('start', 0)
  bytes.write('middle', 5 * 1024 * 1024)
  scratchOver(host, (directory) => fs.writeFileSync(path.join(directory, 'large'), bytes))
  const merged = at('mounts', '2', 'large')
  assert.is(Buffer.compare(fs.readFileSync(merged), bytes), 0)
  assert.ok(fs.statSync(merged).blocks * 512 < 1024 * 1024, 'zeros were written')
  fs.appendFileSync(merged, 'end')
  perform(world, detach(2, [1]))
  assert.is(
    Buffer.compare(fs.readFileSync(at('scratch', '2', 'Files', 'large')), Buffer.concat([bytes, Buffer.from('end')])),
    0,
  )
  assert.ok(usage(world, 2).onDisk < 2 * 1024 * 1024)
})

law('a directory below which nobody may look is removed all the same', ({ world, at }) => {
  addLayer(world, 1, [])
  perform(world, create(2, { parents: [1] }))
  perform(world, attach(2, [1]))
  fs.mkdirSync(at('mounts', '2', 'closed', 'deep'), { recursive: true })
  fs.chmodSync(at('mounts', '2', 'closed'), 0o500)
  perform(world, detach(2, [1]))
  assert.equal(fs.readdirSync(at('mounts')), [])
  perform(world, destroy(2))
  assert.equal(fs.readdirSync(at('scratch')), [])
})

law('what the host refuses is a BackendFault that names the path', ({ world, at }) => {
  perform(world, create(1))
  fs.rmSync(at('meta'), { recursive: true })
  const fault = failure(operations.perform(world, create(2)))
  assert.equal([fault._tag, 'code' in fault && fault.code], ['BackendFault', 0x80070002])
  assert.match(fault.message, at('meta'))
})

test.run()
