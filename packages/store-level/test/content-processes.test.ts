import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { directoryContent } from '../src/index.js'
import { done, fails, inDirectory } from './tools.js'

const script = fileURLToPath(new URL('child/content.js', import.meta.url))
const start = (what: string, path: string, name = ''): ChildProcess =>
  spawn(process.execPath, [script, what, path, name], { stdio: ['ignore', 'pipe', 'inherit'] })

const holding = async (path: string, ref: string): Promise<ChildProcess> => {
  const child = start('hold', path, ref)
  if (child.stdout === null) throw new Error('no output')
  await once(child.stdout, 'data')
  return child
}

const kill = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const ingested = (path: string): readonly string[] => readdirSync(join(path, 'ingest'))
const blobsIn = (path: string): readonly string[] => readdirSync(join(path, 'blobs', 'sha256'))

test(
  'a ref that another process writes is locked until that process is dead',
  inDirectory(async (path) => {
    const content = directoryContent(path)
    const child = await holding(path, 'ref')
    const other = await holding(path, 'another ref')
    try {
      assert.match(await fails(content.writer('ref'), 'REF_LOCKED'), `by process ${child.pid}; wait`)
      assert.is(ingested(path).length, 2)
      await done((await done(content.writer('a third ref'))).abort())
      await kill(child)
      assert.is(ingested(path).length, 2)
      const writer = await done(content.writer('ref'))
      assert.is(ingested(path).length, 2)
      await kill(other)
      await fails(content.writer('ref'), 'REF_LOCKED')
      const answer = await writer.commit({})()
      assert.ok(E.isRight(answer))
      assert.is(answer.right.size, 0)
      await done((await done(content.writer('whatever'))).abort())
      assert.equal(ingested(path), [])
      assert.is(blobsIn(path).length, 1)
    } finally {
      await kill(child)
      await kill(other)
    }
  }),
)

test(
  'a process of another host or of another start is told apart',
  inDirectory(async (path) => {
    const content = directoryContent(path)
    const child = await holding(path, 'ref')
    try {
      const [file = ''] = ingested(path)
      const [name = '', where = '', pid = '', begun = ''] = file.split('.')
      const elsewhere = join(path, 'ingest', [name, where.replace(/./g, 'f'), pid, begun].join('.'))
      renameSync(join(path, 'ingest', file), elsewhere)
      const message = await fails(content.writer('ref'), 'REF_LOCKED')
      assert.match(message, `process ${pid} of another host or container`)
      assert.match(message, `remove ${elsewhere} `)
      const notHere = join(path, 'ingest', [name, where.replace(/./g, 'f'), `${2 ** 22 + 1}`, begun].join('.'))
      renameSync(elsewhere, notHere)
      await fails(content.writer('ref'), 'REF_LOCKED')
      renameSync(notHere, elsewhere)
      if (process.platform !== 'linux') return
      renameSync(elsewhere, join(path, 'ingest', [name, where, pid, `${Number(begun) + 1}`].join('.')))
      await done((await done(content.writer('ref'))).abort())
      assert.equal(ingested(path), [])
    } finally {
      await kill(child)
    }
  }),
)

test(
  'a process killed while it commits leaves no blob under a wrong name, and nothing acknowledged is lost',
  inDirectory(async (path) => {
    for (let round = 1; round <= 3; round++) {
      const child = start('commit', path)
      const acknowledged: string[] = []
      if (child.stdout === null) throw new Error('no output')
      for await (const line of createInterface(child.stdout)) {
        acknowledged.push(String(JSON.parse(line)).slice(7))
        if (acknowledged.length === 7 * round) setTimeout(() => child.kill('SIGKILL'), round)
      }
      assert.ok(acknowledged.length >= 7 * round)
      const names = blobsIn(path)
      for (const name of names)
        assert.is(
          createHash('sha256')
            .update(readFileSync(join(path, 'blobs', 'sha256', name)))
            .digest('hex'),
          name,
        )
      for (const digest of acknowledged) {
        const info = await directoryContent(path).info(`sha256:${digest}`)()
        assert.ok(E.isRight(info) && info.right.labels['number'] !== undefined)
      }
      await done((await done(directoryContent(path).writer('ref'))).abort())
      assert.equal(ingested(path), [])
    }
  }),
)

test(
  'labels that several processes set at the same time all stay',
  inDirectory(async (path) => {
    const content = directoryContent(path)
    const answer = await (await done(content.writer('ref'))).commit({})()
    assert.ok(E.isRight(answer))
    const { digest } = answer.right
    const children = [1, 2, 3].map(() => start('label', path, digest))
    for (const child of children) child.stdout?.resume()
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as unknown))
    assert.equal(codes, [0, 0, 0])
    const info = await content.info(digest)()
    assert.ok(E.isRight(info))
    assert.is(Object.keys(info.right.labels).length, 60)
    assert.equal(ingested(path), [])
  }),
)

const onPosix = process.platform === 'win32' ? test.skip : test

onPosix(
  'a file that can not grow is a fault with the code of the host; nothing of it stays',
  inDirectory(async (path) => {
    const command = `ulimit -f 1024; exec "$0" "$1" fill "$2"`
    const { stdout, stderr } = spawnSync('/bin/sh', ['-c', command, process.execPath, script, path], {
      encoding: 'utf8',
    })
    assert.is(stderr, '')
    const { first, second, end, again } = JSON.parse(stdout) as Record<string, E.Either<{ code: string }, unknown>>
    assert.ok(first !== undefined && E.isLeft(first))
    assert.is(first.left.code, 'EFBIG')
    assert.equal(second, first)
    assert.is(end?._tag, 'Right')
    assert.is(again, 'Right')
    assert.equal(ingested(path), [])
    assert.equal(blobsIn(path), [])
  }),
)

test.run()
