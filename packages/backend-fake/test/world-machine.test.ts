import * as fs from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { operations } from '../src/world/operations.js'
import type { World } from '../src/world/world.js'
import { create, namesIn, perform, seal, textIn } from './support/acts.js'
import { listing } from './support/listing.js'
import { arriving, exported, heldBy, importing, item, itemsOf, tarOf, unpack, type Item } from './support/tars.js'
import { failure, grounds, onGround, run } from './support/worlds.js'

const { folder, file, link, symlink, whiteout, opaque } = item

const store = 'UtilityVM/Files/EFI/Microsoft/Boot/BCD'

/** A base layer with a utility VM. */
const base: readonly Item[] = [
  folder('Files'),
  folder('UtilityVM'),
  folder('UtilityVM/Files'),
  ...['EFI', 'EFI/Microsoft', 'EFI/Microsoft/Boot'].map((path) => folder(`UtilityVM/Files/${path}`)),
  file(store, 'store'),
  file('UtilityVM/Files/kept', 'kept'),
  link('UtilityVM/Files/kept too', 'UtilityVM/Files/kept'),
  file('UtilityVM/Files/old', 'old'),
  folder('UtilityVM/Files/dir'),
  file('UtilityVM/Files/dir/inside', 'inside'),
  symlink('UtilityVM/Files/link', 'kept'),
]

const start: readonly Item[] = [folder('Files'), folder('UtilityVM'), folder('UtilityVM/Files')]

const machineIn = (world: World, layer: number): readonly string[] =>
  listing(world.disk, `snapshots/${layer}/UtilityVM/Files`)
    .map((line) => line.slice(`snapshots/${layer}/UtilityVM/Files/`.length))
    .filter((line) => !line.startsWith('EFI'))

const refusal = (world: World, ...items: readonly Item[]): { readonly message: string; readonly entry: unknown } => {
  perform(world, create(9, { parents: [1], purpose: 'unpack' }))
  const refused = failure(operations.perform(world, importing(9, [1]), arriving(tarOf(...items))))
  assert.is(refused._tag, 'InvalidArgument', refused.message)
  assert.equal(namesIn(world, 'snapshots/9'), [])
  return { message: refused.message, entry: 'entry' in refused ? refused.entry : undefined }
}

const golden = (name: string): Uint8Array => {
  const path = new URL(`../../../core/test/fixtures/tar/${name}.tar.gz.b64`, import.meta.url)
  return new Uint8Array(gunzipSync(Buffer.from(fs.readFileSync(path, 'utf8'), 'base64')))
}

/** Windows takes names of 255 UTF-16 units, most other hosts of 255 bytes. */
const isHeldByHosts = ({ entry }: Item): boolean =>
  [entry.name, entry.type === 'link' ? entry.target : ''].every((path) =>
    path.split('/').every((one) => Buffer.byteLength(one) <= 255),
  )

for (const [name, ground] of Object.entries(grounds)) {
  const law = (title: string, body: (world: World) => void): void =>
    test(`${name}: ${title}`, () =>
      onGround(ground, ({ open }) => {
        const world = open()
        unpack(world, 1, [], ...heldBy(name, base))
        body(world)
      }))

  law('a base layer with a utility VM has its disks', (world) => {
    assert.equal(namesIn(world, 'snapshots/1/UtilityVM'), ['Files', 'SystemTemplate.vhdx', 'SystemTemplateBase.vhdx'])
    perform(world, create(2, { parents: [1], scratch: { utilityVm: true } }))
    assert.is(Buffer.compare(exported(world, 1), tarOf(...heldBy(name, base))), 0)
  })

  law('a layer with parents changes a copy of the utility VM', (world) => {
    const before = listing(world.disk, 'snapshots/1')
    const tar = [
      ...start,
      whiteout('UtilityVM/Files/OLD'),
      file('UtilityVM/Files/Kept', 'changed'),
      file('UtilityVM/Files/DIR/new', 'new'),
      file('UtilityVM/Files/link', 'a file now'),
      link('UtilityVM/Files/second', 'UtilityVM/Files/DIR/inside'),
      folder('Hives'),
    ]
    unpack(world, 2, [1], ...tar)
    assert.equal(machineIn(world, 2), [
      'Kept file "changed"',
      'dir directory',
      'dir/inside file "inside" link 1',
      'dir/new file "new"',
      'kept too file "kept"',
      'link file "a file now"',
      'second file "inside" link 1',
    ])
    assert.is(textIn(world, `snapshots/2/${store}`), 'store')
    assert.equal(listing(world.disk, 'snapshots/1'), before, 'the parent has what it had')
    assert.is(Buffer.compare(exported(world, 2, [1]), tarOf(...tar)), 0)
    unpack(world, 3, [2, 1], ...start, folder('UtilityVM/Files/kept too'), whiteout('UtilityVM/Files/dir/new'))
    assert.equal(machineIn(world, 3), [
      'Kept file "changed"',
      'dir directory',
      'dir/inside file "inside" link 1',
      'kept too directory',
      'link file "a file now"',
      'second file "inside" link 1',
    ])
  })

  law('what no parent has can not be changed', (world) => {
    const missing = refusal(world, ...start, whiteout('UtilityVM/Files/nowhere'))
    assert.equal(missing.entry, 'UtilityVM/Files/nowhere')
    const own = refusal(world, ...start, folder('UtilityVM/Files/mine'), whiteout('UtilityVM/Files/mine/x'))
    assert.match(own.message, 'no parent')
    const hidden = refusal(world, ...start, file('UtilityVM/Files/mine/x', 'x'), whiteout('UtilityVM/Files/mine/y'))
    assert.is(hidden.entry, 'UtilityVM/Files/mine/y')
    assert.match(refusal(world, ...start, opaque('UtilityVM/Files/dir')).message, 'opaque')
    const [through, kind] = heldBy(name, base) === base ? ['link', 'a symlink'] : ['kept', 'a file']
    assert.match(refusal(world, ...start, file(`UtilityVM/Files/${through}/x`, 'x')).message, kind)
    perform(world, create(2, { purpose: 'unpack' }))
    perform(world, seal(2, { purpose: 'unpack' }))
    perform(world, create(3, { parents: [2], purpose: 'unpack' }))
    const none = failure(
      operations.perform(world, importing(3, [2]), arriving(tarOf(folder('Files'), folder('UtilityVM')))),
    )
    assert.match(none.message, 'no parent has a utility VM')
    assert.equal(namesIn(world, 'snapshots/3'), [])
  })

  law("tars of Go's archive/tar come out as they went in", (world) => {
    const tar =
      name === 'memory' ? golden('base') : tarOf(...heldBy(name, itemsOf(golden('base')).filter(isHeldByHosts)))
    perform(world, create(2, { purpose: 'unpack' }))
    run(operations.perform(world, importing(2), arriving(tar, 700)))
    assert.is(Buffer.compare(exported(world, 2), tar), 0)
    unpack(
      world,
      4,
      [],
      file('Files/of/a/parent.txt', "the parent's"),
      ...start.slice(1),
      file(store, 'store'),
      file('UtilityVM/Files/old.efi', 'old'),
    )
    perform(world, create(5, { parents: [4], purpose: 'unpack' }))
    run(operations.perform(world, importing(5, [4]), arriving(golden('child'), 700)))
    assert.is(textIn(world, 'snapshots/5/Files/second name'), "the parent's")
    perform(world, seal(5, { parents: [4], purpose: 'unpack', applied: true }))
    assert.is(Buffer.compare(exported(world, 5, [4]), golden('child')), 0)
  })
}

test.run()
