import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as files from '../src/world/files.js'
import type { World } from '../src/world/world.js'
import {
  addLayer,
  attach,
  change,
  contentOf,
  create,
  detach,
  perform,
  retire,
  seal,
  type Content,
} from './support/acts.js'
import { listing, seen } from './support/listing.js'
import { failure, grounds, onGround } from './support/worlds.js'

const shownIn = (world: World, layer: number): readonly string[] =>
  listing(world.disk, `mounts/${layer}`)
    .map((line) => line.slice(`mounts/${layer}/`.length))
    .filter((line) => !line.startsWith('Windows'))

/** Two layers: what the base has, and the child's changes in one sitting or several; then what all of it shows. */
const after = (world: World, base: (content: Content) => void, ...sittings: ((content: Content) => void)[]) => {
  addLayer(world, 1, [], base)
  perform(world, create(2, { parents: [1] }))
  for (const sitting of sittings) change(world, 2, [1], sitting)
  perform(world, attach(2, [1]))
  const shown = shownIn(world, 2)
  perform(world, detach(2, [1]))
  perform(world, seal(2, { parents: [1] }))
  assert.equal(seen(world, [2, 1]), shown, 'a view of the sealed layer shows what the scratch showed')
  return shown
}

for (const [name, ground] of Object.entries(grounds)) {
  const law = (title: string, body: (world: World, reopen: () => World) => void): void =>
    test(`${name}: ${title}`, () => onGround(ground, ({ open }) => body(open(), open)))

  law('a child shows its parents, and what it changed', (world) => {
    const shown = after(
      world,
      (base) => {
        base.write('kept/deep/file', 'kept')
        base.write('changed', 'before')
        base.write('gone/a', 'a')
        base.write('gone/b', 'b')
        base.write('partly/gone', 'x')
        base.write('partly/kept', 'y')
      },
      (child) => {
        child.write('changed', 'after!')
        child.remove('gone')
        child.remove('partly/gone')
        child.write('new/deep/file', 'new')
      },
    )
    assert.equal(shown, [
      'changed file "after!"',
      'kept directory',
      'kept/deep directory',
      'kept/deep/file file "kept"',
      'new directory',
      'new/deep directory',
      'new/deep/file file "new"',
      'partly directory',
      'partly/kept file "y"',
    ])
    assert.equal(
      listing(world.disk, 'snapshots/2/Files').map((line) => line.split(' ')[0]),
      ['changed', 'new', 'new/deep', 'new/deep/file', 'partly'].map((path) => `snapshots/2/Files/${path}`),
    )
  })

  law('a change that keeps the size is seen', (world) => {
    const shown = after(
      world,
      (base) => base.write('file', 'before'),
      (child) => child.write('file', 'after!'),
    )
    assert.equal(shown, ['file file "after!"'])
  })

  law('what was written stays through further attaching', (world) => {
    const shown = after(
      world,
      (base) => base.write('base/file', 'base'),
      (child) => child.write('one', '1'),
      (child) => child.write('base/two', '2'),
      () => undefined,
      (child) => child.remove('one'),
      (child) => child.write('base/two', 'two'),
    )
    assert.equal(shown, ['base directory', 'base/file file "base"', 'base/two file "two"'])
  })

  law('a directory that became a file and a directory again holds only what is new', (world) => {
    const base = (content: Content): void => {
      content.write('place/a', 'a')
      content.write('place/b/c', 'c')
    }
    const toFile = (content: Content): void => {
      content.remove('place')
      content.write('place', 'file')
    }
    const toDirectory = (content: Content): void => {
      content.remove('place')
      content.write('place/new', 'new')
    }
    assert.equal(after(world, base, toFile, toDirectory), ['place directory', 'place/new file "new"'])
    addLayer(world, 3, [1], toFile)
    addLayer(world, 4, [3, 1], toDirectory)
    assert.equal(seen(world, [3, 1]), ['place file "file"'])
    const { disk } = world
    const deleted = disk.read('tables/3.ndjson', 0, disk.lstat('tables/3.ndjson')?.size ?? 0)
    assert.is(new TextDecoder().decode(deleted), '{"path":"place","deleted":true}\n', 'one row for all that was in it')
    assert.equal(seen(world, [4, 3, 1]), ['place directory', 'place/new file "new"'])
  })

  law('a directory that was removed and made again holds only what is new', (world) => {
    const shown = after(
      world,
      (base) => {
        base.write('place/a', 'a')
        base.write('place/b/c', 'c')
      },
      (child) => {
        child.remove('place')
        child.write('place/b/d', 'd')
      },
    )
    assert.equal(shown, ['place directory', 'place/b directory', 'place/b/d file "d"'])
  })

  law('what was removed, detached, and made again hides what its parents have', (world) => {
    const shown = after(
      world,
      (base) => base.write('place/a', 'a'),
      (child) => child.remove('place'),
      (child) => child.write('place/b', 'b'),
      (child) => child.write('place/c', 'c'),
    )
    assert.equal(shown, ['place directory', 'place/b file "b"', 'place/c file "c"'])
  })

  law('renaming a directory and over a file', (world) => {
    const shown = after(
      world,
      (base) => {
        base.write('dir1/deep/f', 'deep')
        base.write('somefiles/f1', 'was here')
        base.write('somefiles/f2', 'nothing')
      },
      (child) => {
        child.rename('dir1', 'dir2')
        child.write('somefiles/f1-overwrite', 'new')
        child.rename('somefiles/f1-overwrite', 'somefiles/f1')
        child.rename('somefiles/f2', 'somefiles/f3')
      },
    )
    assert.equal(shown, [
      'dir2 directory',
      'dir2/deep directory',
      'dir2/deep/f file "deep"',
      'somefiles directory',
      'somefiles/f1 file "new"',
      'somefiles/f3 file "nothing"',
    ])
  })

  law('moved away and back is as it was', (world) => {
    addLayer(world, 1, [], (base) => base.write('place/a', 'a'))
    perform(world, create(2, { parents: [1] }))
    perform(world, attach(2, [1]))
    const { rename } = contentOf(world, 2)
    rename('place', 'elsewhere')
    rename('elsewhere', 'place')
    perform(world, detach(2, [1]))
    perform(world, attach(2, [1]))
    assert.equal(shownIn(world, 2), ['place directory', 'place/a file "a"'])
  })

  law('hard links of one layer stay links', (world) => {
    const shown = after(
      world,
      (base) => {
        base.write('a', 'one')
        base.link('a', 'b')
        base.write('dir2/f2', 'two')
      },
      (child) => {
        child.link('dir2/f2', 'f2')
        child.remove('dir2')
        child.write('c', 'three')
        child.link('c', 'deep-c')
      },
      (child) => child.write('other', ''),
      (child) => child.write('b', 'both'),
    )
    assert.equal(shown, [
      'a file "both" link 1',
      'b file "both" link 1',
      'c file "three" link 2',
      'deep-c file "three" link 2',
      'f2 file "two"',
      'other file ""',
    ])
  })

  law('no parent is touched by what is written above it', (world) => {
    addLayer(world, 1, [], (base) => {
      base.write('a', 'one')
      base.link('a', 'b')
      base.write('dir/c', 'c')
    })
    const before = listing(world.disk, 'snapshots/1')
    for (const layer of [2, 3]) {
      perform(world, create(layer, { parents: [1], kind: layer === 3 ? 'View' : 'Active' }))
      perform(world, attach(layer, [1]))
    }
    const content = contentOf(world, 2)
    content.write('a', 'two')
    content.remove('dir')
    assert.is(contentOf(world, 3).read('a'), 'one')
    assert.equal(contentOf(world, 3).list('dir'), ['c'])
    perform(world, detach(2, [1]))
    assert.equal(listing(world.disk, 'snapshots/1'), before)
    assert.equal(shownIn(world, 3).slice(0, 2), ['a file "one" link 1', 'b file "one" link 1'])
  })

  law('symlinks are kept as they are and never followed', (world) => {
    const targets = ['dir', '../../outside', '/etc/passwd', 'C:\\Windows', 'nowhere']
    const shown = after(
      world,
      (base) => {
        base.write('dir/file', 'x')
        targets.forEach((target, at) => base.symlink(target, `link-${at}`))
      },
      (child) => child.symlink('dir/file', 'own'),
      (child) => child.remove('link-0'),
    )
    assert.equal(shown.slice(2), [
      ...targets.slice(1).map((target, at) => `link-${at + 1} symlink ${target}`),
      'own symlink dir/file',
    ])
  })

  law('many layers', (world) => {
    const layers: number[] = []
    for (let layer = 1; layer <= 20; layer++) {
      addLayer(world, layer, layers.toReversed(), (content) => {
        content.write('overwritten', String(layer))
        if (layer > 1) content.remove('only')
        content.write(`only/file-${layer}`, '')
        content.write(`all/file-${layer}`, '')
      })
      layers.push(layer)
    }
    const shown = seen(world, layers.toReversed())
    assert.is(shown.length, 1 + 20 + 2 + 1)
    assert.equal(shown.slice(-3), ['only directory', 'only/file-20 file ""', 'overwritten file "20"'])
  })

  law('attaching again, detaching again', (world, reopen) => {
    addLayer(world, 1, [])
    perform(world, create(2, { parents: [1] }))
    perform(world, detach(2, [1]))
    perform(world, attach(2, [1]))
    contentOf(world, 2).write('a', 'a')
    perform(world, attach(2, [1]))
    assert.is(contentOf(world, 2).read('a'), 'a')
    const again = reopen()
    assert.is(failure(files.read(again, 2, 'a'))._tag, 'FailedPrecondition')
    perform(again, detach(2, [1]))
    perform(again, detach(2, [1]))
    perform(again, attach(2, [1]))
    assert.is(contentOf(again, 2).read('a'), 'a')
  })

  law('retiring an attached parentless layer', (world) => {
    perform(world, create(1))
    perform(world, attach(1))
    contentOf(world, 1).write('a', 'a')
    perform(world, retire(1))
    assert.is(failure(files.write(world, 1, 'a', 'b'))._tag, 'FailedPrecondition')
  })
}

test.run()
