import { spawnSync } from 'node:child_process'
import * as path from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { addLayer, create, perform } from './support/acts.js'
import { grounds, onGround } from './support/worlds.js'

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
