import * as E from 'fp-ts/lib/Either.js'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Content } from '@varve/core'
import { renameUnlessThere } from '../src/content/files.js'
import { directoryContent } from '../src/index.js'
import { done, fails, inDirectory } from './tools.js'

const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const digest = `sha256:${abc}`
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const put = async (content: Content, text: string, labels = {}): Promise<string> => {
  const writer = await done(content.writer('ref'))
  await done(writer.write(bytesOf(text)))
  const answer = await writer.commit({ labels })()
  if (E.isLeft(answer)) throw new Error(answer.left.message)
  return answer.right.digest
}

const answerOf = async (content: Content): Promise<string> => {
  let text = ''
  for await (const chunk of content.read(digest)) {
    if (E.isLeft(chunk)) return `${chunk.left._tag} ${'code' in chunk.left ? chunk.left.code : ''}`
    text += Buffer.from(chunk.right).toString()
  }
  return text
}

const tagOf = async (task: () => Promise<E.Either<{ readonly _tag: string }, unknown>>): Promise<string> => {
  const answer = await task()
  return E.isLeft(answer) ? answer.left._tag : answer._tag
}

test(
  'the directory is an OCI image layout, made at the first write',
  inDirectory(async (directory) => {
    const path = join(directory, 'a', 'b')
    const content = directoryContent(path)
    assert.is(await tagOf(content.info(digest)), 'NotFound')
    assert.is(await tagOf(content.label(digest, { a: 'b' })), 'NotFound')
    assert.is(await answerOf(content), 'NotFound ')
    const empty = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] }
    assert.equal(JSON.parse(Buffer.from(await done(content.index())).toString()), empty)
    await fails(content.writer(''), 'INVALID_REF')
    assert.equal(readdirSync(directory), [])
    await put(content, 'abc', { b: '2', a: '1' })
    assert.equal(readdirSync(path).sort(), ['blobs', 'index.json', 'ingest', 'labels', 'oci-layout'])
    assert.is(readFileSync(join(path, 'oci-layout'), 'utf8'), '{"imageLayoutVersion":"1.0.0"}\n')
    assert.equal(JSON.parse(readFileSync(join(path, 'index.json'), 'utf8')), empty)
    const blob = join(path, 'blobs', 'sha256', abc)
    assert.is(readFileSync(blob, 'utf8'), 'abc')
    assert.is(statSync(blob).mode & 0o222, 0)
    assert.is(readFileSync(join(path, 'labels', `${abc}.json`), 'utf8'), '{"a":"1","b":"2"}\n')
    assert.equal(readdirSync(join(path, 'ingest')), [])
  }),
)

test(
  'a layout that others made is used as it is, and its index replaced when asked to',
  inDirectory(async (directory) => {
    mkdirSync(join(directory, 'blobs', 'sha256'), { recursive: true })
    writeFileSync(join(directory, 'blobs', 'sha256', abc), 'abc')
    writeFileSync(join(directory, 'index.json'), '{"by":"others"}')
    const content = directoryContent(directory)
    assert.is(await answerOf(content), 'abc')
    assert.is(await tagOf(content.label(digest, { a: '1' })), 'Right')
    assert.is(Buffer.from(await done(content.index())).toString(), '{"by":"others"}')
    assert.is(readFileSync(join(directory, 'index.json'), 'utf8'), '{"by":"others"}')
    await done(content.setIndex(bytesOf('{"by":"me"}')))
    assert.is(Buffer.from(await done(content.index())).toString(), '{"by":"me"}')
    const info = await content.info(digest)()
    assert.equal(info, E.right({ digest, size: 3, labels: { a: '1' } }))
    assert.equal(readdirSync(join(directory, 'ingest')), [])
  }),
)

test(
  'indexes that are set at the same time are each there whole',
  inDirectory(async (directory) => {
    const content = directoryContent(directory)
    const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(100_000))
    const setting = Promise.all(texts.map((text) => done(content.setIndex(bytesOf(text)))))
    let isSet = false
    void setting.then(() => (isSet = true))
    while (!isSet) {
      const found = Buffer.from(await done(content.index())).toString()
      assert.ok(found.startsWith('{"schemaVersion"') || texts.includes(found), `${found.length} bytes`)
    }
    await setting
  }),
)

test(
  'an index is replaced although somebody has it open for a while',
  inDirectory(async (directory) => {
    const content = directoryContent(directory)
    await done(content.setIndex(bytesOf('old')))
    const reader = openSync(join(directory, 'index.json'), 'r')
    const closed = sleep(100).then(() => closeSync(reader))
    await done(content.setIndex(bytesOf('new')))
    assert.is(readFileSync(join(directory, 'index.json'), 'utf8'), 'new')
    await closed
  }),
)

test(
  'a file that is there already keeps its name',
  inDirectory(async (directory) => {
    const [a, b, c] = [join(directory, 'a'), join(directory, 'b'), join(directory, 'c')]
    for (const path of [a, b]) writeFileSync(path, path)
    await renameUnlessThere(a, b)
    assert.equal(readdirSync(directory), ['b'])
    assert.is(readFileSync(b, 'utf8'), b)
    await renameUnlessThere(b, c)
    assert.equal(readdirSync(directory), ['c'])
  }),
)

test(
  'a relative path is resolved once',
  inDirectory(async (directory) => {
    const before = process.cwd()
    try {
      process.chdir(directory)
      const content = directoryContent('./content')
      mkdirSync('elsewhere')
      process.chdir('elsewhere')
      await put(content, 'abc')
      assert.ok(existsSync(join(directory, 'content', 'blobs', 'sha256', abc)))
      assert.equal(readdirSync('.'), [])
    } finally {
      process.chdir(before)
    }
  }),
)

test('what is no path is a fault of every call', async () => {
  for (const path of ['', 'a\0b', undefined as unknown as string]) {
    const content = directoryContent(path)
    assert.match(await fails(content.writer('ref'), 'INVALID_OPTION'), 'must be the path of a directory')
    assert.is(await tagOf(content.info(digest)), 'StoreFault')
    assert.is(await tagOf(content.label(digest, {})), 'StoreFault')
    assert.is(await answerOf(content), 'StoreFault INVALID_OPTION')
    await fails(content.index(), 'INVALID_OPTION')
    await fails(content.setIndex(bytesOf('{}')), 'INVALID_OPTION')
  }
})

test(
  'writes that are not awaited are done in the order in which they were asked for',
  inDirectory(async (directory) => {
    const content = directoryContent(directory)
    const writer = await done(content.writer('ref'))
    const parts = Array.from({ length: 20 }, (_, at) => String.fromCharCode(65 + at).repeat(40_000))
    const writes = parts.map((part) => writer.write(bytesOf(part))())
    const answer = await writer.commit({})()
    await Promise.all(writes)
    assert.ok(E.isRight(answer))
    const file = join(directory, 'blobs', 'sha256', answer.right.digest.slice(7))
    assert.ok(readFileSync(file, 'utf8') === parts.join(''))
  }),
)

test(
  'a blob that was cut is written anew',
  inDirectory(async (directory) => {
    const content = directoryContent(directory)
    await put(content, 'abc', { a: '1' })
    const blob = join(directory, 'blobs', 'sha256', abc)
    chmodSync(blob, 0o644)
    truncateSync(blob, 1)
    assert.is(await answerOf(content), 'a')
    await put(content, 'abc')
    assert.is(await answerOf(content), 'abc')
    assert.equal(await content.info(digest)(), E.right({ digest, size: 3, labels: { a: '1' } }))
  }),
)

test(
  'a blob that is there is not written again',
  inDirectory(async (directory) => {
    const content = directoryContent(directory)
    await put(content, 'abc')
    const blob = join(directory, 'blobs', 'sha256', abc)
    const { ino } = statSync(blob)
    await put(content, 'abc', { a: '1' })
    assert.is(statSync(blob).ino, ino)
    assert.equal(readdirSync(join(directory, 'ingest')), [])
  }),
)

test(
  'labels that can not be read are a fault that names their file',
  inDirectory(async (directory) => {
    const content = directoryContent(directory)
    await put(content, 'abc', { a: '1' })
    for (const text of ['', '{"a":', '[]', 'null', '{"a":1}']) {
      writeFileSync(join(directory, 'labels', `${abc}.json`), text)
      for (const task of [content.info(digest), content.label(digest, { b: '2' })]) {
        const answer = await task()
        assert.ok(E.isLeft(answer) && answer.left._tag === 'StoreFault')
        assert.is(answer.left.code, 'LABELS_DAMAGED')
        assert.match(answer.left.message, `${abc}.json`)
      }
    }
    assert.equal(readdirSync(join(directory, 'ingest')), [])
  }),
)

test(
  'errors of the host are faults with its code, and it works once they are gone',
  inDirectory(async (directory) => {
    const path = join(directory, 'file')
    writeFileSync(path, '')
    const content = directoryContent(join(path, 'content'))
    // On Windows nothing is below a file, as below what is not there.
    const isWindows = process.platform === 'win32'
    const code = isWindows ? 'EEXIST' : 'ENOTDIR'
    assert.match(await fails(content.writer('ref'), code), 'beginning a blob under ref "ref"')
    assert.is(await answerOf(content), isWindows ? 'NotFound ' : 'StoreFault ENOTDIR')
    assert.is(await tagOf(content.info(digest)), isWindows ? 'NotFound' : 'StoreFault')
    if (!isWindows) await fails(content.index(), code)
    await fails(content.setIndex(bytesOf('{}')), code)
    rmSync(path)
    await put(content, 'abc')
    assert.is(await answerOf(content), 'abc')
    rmSync(join(path, 'content', 'blobs', 'sha256', abc))
    mkdirSync(join(path, 'content', 'blobs', 'sha256', abc))
    assert.is(await answerOf(content), 'NotFound ')
    assert.is(await tagOf(content.info(digest)), 'NotFound')
  }),
)

test.run()
