import type { FilesError } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as files from '../src/world/files.js'
import type { Work } from '../src/world/work.js'
import type { World } from '../src/world/world.js'
import { attach, contentOf, create, perform, type Content } from './support/acts.js'
import { failure, grounds, onGround, run } from './support/worlds.js'

const tagOf = (failed: FilesError): string => ('field' in failed ? `${failed._tag} ${failed.field}` : failed._tag)
const refused = (work: Work<unknown>): string => tagOf(failure(work))
/** What plain JavaScript may pass where TypeScript would not. */
const untyped = (value: unknown): string => value as string

for (const [name, ground] of Object.entries(grounds)) {
  const law = (title: string, body: (world: World, content: Content) => void): void =>
    test(`${name}: ${title}`, () =>
      onGround(ground, ({ open }) => {
        const world = open()
        perform(world, create(1))
        perform(world, attach(1))
        body(world, contentOf(world, 1))
      }))

  law('bytes come back as they were given, large ones too', (world) => {
    const large = Uint8Array.from({ length: 9 * 1024 * 1024 + 5 }, (_, at) => (at * 7) % 251)
    for (const bytes of [new Uint8Array(0), Uint8Array.of(0, 255, 10), large]) {
      run(files.write(world, 1, 'deep/er/file', bytes))
      assert.is(Buffer.compare(run(files.read(world, 1, 'deep/er/file')), bytes), 0)
      assert.is(run(files.stat(world, 1, 'deep/er/file')).size, bytes.length)
    }
  })

  law('what a caller does to its bytes later changes nothing', (world) => {
    const bytes = Uint8Array.of(1, 2, 3)
    run(files.write(world, 1, 'file', bytes))
    bytes.fill(9)
    const answer = run(files.read(world, 1, 'file'))
    assert.equal([...answer], [1, 2, 3])
    answer.fill(8)
    assert.equal([...run(files.read(world, 1, 'file'))], [1, 2, 3])
  })

  law('text is UTF-8', (world, { write, read }) => {
    write('file', 'ü \u{1f600}')
    assert.is(read('file'), 'ü \u{1f600}')
    assert.is(run(files.stat(world, 1, 'file')).size, 7)
  })

  law('stat tells files, directories and symlinks apart', (world, { write, symlink }) => {
    write('dir/file', '12345')
    symlink('dir/file', 'link')
    const { modified, ...file } = run(files.stat(world, 1, 'dir/file'))
    assert.equal(file, { type: 'file', size: 5 })
    assert.ok(modified > 1_600_000_000_000_000_000n)
    for (const path of ['', 'dir']) {
      const { type, size } = run(files.stat(world, 1, path))
      assert.equal([type, size], ['directory', 0])
    }
    const { type, size, target } = run(files.stat(world, 1, 'link'))
    assert.equal([type, size, target], ['symlink', 0, 'dir/file'])
  })

  law('names are listed by code unit', (_, { write, list }) => {
    for (const path of ['b', 'B', 'a/x', '\uff5e', '\u{1f600}', 'é']) write(path, '')
    assert.equal(list(''), ['B', 'a', 'b', 'é', '\u{1f600}', '\uff5e'])
  })

  law('a second name is the same file', (_, { write, link, read, remove }) => {
    write('a', 'one')
    link('a', 'b')
    write('b', 'two')
    assert.is(read('a'), 'two')
    remove('a')
    assert.is(read('b'), 'two')
  })

  law('rename replaces a file, never a directory', (world, { write, rename, read, list }) => {
    write('a', 'a')
    write('b', 'b')
    rename('a', 'b')
    assert.is(read('b'), 'a')
    write('dir/deep/x', 'x')
    rename('dir', 'b')
    assert.is(read('b/deep/x'), 'x')
    write('c', 'c')
    assert.is(refused(files.rename(world, 1, 'c', 'b')), 'InvalidArgument to')
    assert.is(refused(files.rename(world, 1, 'b', 'b/deep/y')), 'InvalidArgument to')
    assert.is(refused(files.rename(world, 1, 'c', 'missing/c')), 'NotFound')
    assert.is(refused(files.rename(world, 1, '', 'd')), 'InvalidArgument from')
    assert.is(refused(files.rename(world, 1, 'c', '')), 'InvalidArgument to')
    rename('c', 'c')
    assert.equal(list(''), ['b', 'c'])
  })

  law('paths that lead out, or are none, are refused by name', (world, { write }) => {
    write('a', 'a')
    const bad = [
      '..',
      '../a',
      'a/../../b',
      '/a',
      '/',
      'C:/a',
      'c:',
      'a//b',
      'a/',
      './a',
      'a\0',
      'a\\b',
      '..\\a',
      '\ud800',
    ]
    for (const path of [...bad, ...[undefined, null, 7, {}].map(untyped)]) {
      for (const work of [files.read, files.list, files.stat, files.remove])
        assert.is(refused(work(world, 1, path)), 'InvalidArgument path', `${work.name} ${JSON.stringify(path)}`)
      assert.is(refused(files.write(world, 1, path, '')), 'InvalidArgument path')
      assert.is(refused(files.rename(world, 1, path, 'x')), 'InvalidArgument from')
      assert.is(refused(files.rename(world, 1, 'a', path)), 'InvalidArgument to')
      assert.is(refused(files.link(world, 1, path, 'x')), 'InvalidArgument existing')
      assert.is(refused(files.link(world, 1, 'a', path)), 'InvalidArgument path')
      assert.is(refused(files.symlink(world, 1, 'a', path)), 'InvalidArgument path')
    }
    assert.equal(run(files.list(world, 1, '')), ['a'])
  })

  law('a symlink is never passed through', (world, { symlink, write }) => {
    write('dir/file', 'x')
    symlink('dir', 'in')
    symlink('../../..', 'out')
    for (const path of ['in/file', 'out/varve.json', 'out/x']) {
      assert.is(refused(files.read(world, 1, path)), 'InvalidArgument path')
      assert.is(refused(files.write(world, 1, path, 'x')), 'InvalidArgument path')
      assert.is(refused(files.remove(world, 1, path)), 'InvalidArgument path')
    }
    assert.is(refused(files.read(world, 1, 'in')), 'InvalidArgument path')
    assert.is(refused(files.write(world, 1, 'in', 'x')), 'InvalidArgument path')
    assert.is(refused(files.list(world, 1, 'in')), 'InvalidArgument path')
    run(files.remove(world, 1, 'in'))
    assert.equal(run(files.list(world, 1, 'dir')), ['file'])
  })

  law('what is missing or of another type', (world, { write }) => {
    write('file', 'x')
    write('dir/x', 'x')
    for (const path of ['missing', 'missing/deeper', 'dir/missing', 'file/below'])
      for (const work of [files.read, files.list, files.stat, files.remove])
        assert.is(refused(work(world, 1, path)), 'NotFound', `${work.name} ${path}`)
    assert.is(refused(files.read(world, 1, 'dir')), 'InvalidArgument path')
    assert.is(refused(files.read(world, 1, '')), 'InvalidArgument path')
    assert.is(refused(files.list(world, 1, 'file')), 'InvalidArgument path')
    assert.is(refused(files.write(world, 1, 'dir', '')), 'InvalidArgument path')
    assert.is(refused(files.write(world, 1, '', '')), 'InvalidArgument path')
    assert.is(refused(files.write(world, 1, 'file/below', '')), 'InvalidArgument path')
    assert.is(refused(files.remove(world, 1, '')), 'InvalidArgument path')
    assert.is(refused(files.link(world, 1, 'dir', 'x')), 'InvalidArgument existing')
    assert.is(refused(files.link(world, 1, 'file', 'dir')), 'InvalidArgument path')
    assert.is(refused(files.link(world, 1, 'file', 'missing/x')), 'NotFound')
    assert.is(refused(files.symlink(world, 1, '', 'x')), 'InvalidArgument target')
    assert.is(refused(files.symlink(world, 1, 'a\0', 'x')), 'InvalidArgument target')
    assert.is(refused(files.symlink(world, 1, untyped(7), 'x')), 'InvalidArgument target')
    assert.is(refused(files.symlink(world, 1, 'a', 'file')), 'InvalidArgument path')
    assert.is(refused(files.write(world, 1, 'new', untyped(7))), 'InvalidArgument content')
    assert.equal(run(files.list(world, 1, '')), ['dir', 'file'])
  })
}

if (process.platform === 'win32')
  test('disk: no stream is written or read under the name of a file', () =>
    onGround(grounds.disk, ({ open }) => {
      const world = open()
      perform(world, create(1))
      perform(world, attach(1))
      run(files.write(world, 1, 'a', 'a'))
      for (const work of [
        files.read(world, 1, 'a:b'),
        files.write(world, 1, 'a:b', ''),
        files.link(world, 1, 'a', 'a:b'),
      ])
        assert.is(refused(work), 'InvalidArgument path')
      assert.equal(run(files.list(world, 1, '')), ['a'])
    }))

test.run()
