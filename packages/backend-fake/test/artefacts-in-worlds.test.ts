import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as path from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hiveNames } from '../src/artefacts/hive.js'
import { memoryDisk } from '../src/memory/disk.js'
import { claim } from '../src/world/open.js'
import { makeWorld } from '../src/world/world.js'
import { addLayer, create, perform, textIn } from './support/acts.js'
import { grounds, now, onGround, run, thisLog } from './support/worlds.js'

const gibibyte = 1024 ** 3

const has = (tool: string, ...args: readonly string[]): boolean => spawnSync(tool, args).error === undefined
const hasQemu = has('qemu-img', '--version')
const hasHivexsh = has('hivexsh', '-h')
if (!hasQemu) console.log('skipped: qemu-img is not installed (apt-get install qemu-utils)')
if (!hasHivexsh) console.log('skipped: hivexsh is not installed (apt-get install libhivex-bin)')
const testWithQemu = hasQemu ? test : test.skip
const testWithHivexsh = hasHivexsh ? test : test.skip

const output = (tool: string, args: readonly string[], input = ''): string => {
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8', input })
  assert.is(status, 0, `${tool} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

test('a base layer has the same hives whenever it is made', () => {
  const hivesAt = (at: bigint): readonly string[] => {
    const clock = (): bigint => at
    const world = makeWorld({ root: 'C:\\varve', separator: '\\' }, memoryDisk(clock), clock)
    run(claim(world, thisLog))
    addLayer(world, 1, [])
    const hives = hiveNames.map((name) => textIn(world, `snapshots/1/Files/Windows/System32/config/${name}`))
    return hives.map((hive) => createHash('sha256').update(hive).digest('hex'))
  }
  assert.equal(hivesAt(now()), hivesAt(now() + 3_600_000_000_000n))
})

testWithQemu('qemu-img reads the disks of a world and their sizes', () =>
  onGround(grounds.disk, ({ open, layout }) => {
    const world = open()
    addLayer(world, 1, [])
    perform(world, create(2, { parents: [1] }))
    perform(world, create(3, { parents: [1], scratch: { requested: String(33 * gibibyte) } }))
    const disks = [
      ['1/blank-base.vhdx', 20],
      ['1/blank.vhdx', 20],
      ['2/sandbox.vhdx', 20],
      ['3/sandbox.vhdx', 33],
    ] as const
    for (const [name, gibibytes] of disks) {
      const file = path.join(layout.root, 'snapshots', name)
      const info = JSON.parse(output('qemu-img', ['info', '--output=json', file])) as Record<string, unknown>
      assert.equal([info['format'], info['virtual-size']], ['vhdx', gibibytes * gibibyte], name)
    }
  }),
)

testWithHivexsh('hivexsh reads the hives of a world, and writes into them', () =>
  onGround(grounds.disk, ({ open, layout }) => {
    addLayer(open(), 1, [])
    const config = path.join('Files', 'Windows', 'System32', 'config')
    for (const name of [path.join(config, 'SYSTEM'), path.join('Hives', 'DEFAULTUSER_BASE')]) {
      const file = path.join(layout.root, 'snapshots', '1', name)
      output('hivexsh', ['-w', file], 'cd \\\nadd Select\ncommit\n')
      assert.is(output('hivexsh', [file], 'ls\n'), 'Select\n', name)
    }
  }),
)

test.run()
