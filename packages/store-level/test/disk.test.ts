import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { append, headOf, inDirectory, records, texts, withStore } from './tools.js'

const script = fileURLToPath(new URL('child/run.js', import.meta.url))
const node = JSON.stringify(process.execPath)

type Answer = { readonly _tag: 'Left' | 'Right'; readonly left?: { readonly code: string; readonly message: string } }
type Filled = {
  readonly seq: number
  readonly first: { readonly code: string; readonly message: string }
  readonly second: { readonly code: string; readonly message: string }
  readonly read: number
  readonly close: Answer
}

/** Runs a shell command and answers its output, one value of JSON per line. */
const shell = (command: string, wrap: readonly string[] = []): unknown[] => {
  const [program, ...args] = [...wrap, '/bin/sh', '-e', '-c', command]
  const child = spawnSync(program, args, { encoding: 'utf8' })
  assert.is(child.status, 0, `${child.stdout}${child.stderr}`)
  return child.stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
}

/** How to run a command in which mounts are allowed and end with it; undefined where that is not permitted. */
const mounting = [
  ['unshare', '--mount'],
  ['unshare', '--map-root-user', '--mount'],
].find(([program = '', ...args]) => spawnSync(program, [...args, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0)

const checkFilled = ({ seq, first, second, read, close }: Filled, code: string): void => {
  assert.ok(seq > 0)
  assert.is(first.code, code)
  assert.match(first.message, `appending record ${seq + 1} to ${seq + 4} `)
  assert.match(first.message, 'neither done nor refused: close the log and open it again')
  assert.is(second.code, code)
  assert.match(second.message, 'takes nothing more')
  assert.is(read, seq)
  assert.is(close._tag, 'Right')
}

const checkReopened = (path: string, acknowledged: number): Promise<void> =>
  withStore(path, async (store, { head }) => {
    assert.ok(head.seq === acknowledged || head.seq === acknowledged + 4, `${head.seq} after ${acknowledged}`)
    assert.equal(
      await texts(store),
      records(1, head.seq, '', 4096).map(({ text }) => text),
    )
  })

const nobody = { uid: 65534, gid: 65534 }

/** Who may not write to a directory without the mode for it; undefined where such a user can't run these tests. */
const outsider = ((): { uid?: number; gid?: number } | undefined => {
  if (process.getuid?.() !== 0) return {}
  return spawnSync(process.execPath, [script, 'nothing'], nobody).status === 0 ? nobody : undefined
})()

const onPosix = process.platform === 'win32' ? test.skip : test
const withMounts = mounting === undefined ? test.skip : test
if (mounting === undefined) console.log('skipped: a full disk and a read-only mount need the right to mount')
const withOutsider = outsider === undefined || process.platform === 'win32' ? test.skip : test
if (outsider === undefined) console.log('skipped: another user can not run these tests')
if (process.platform === 'win32') console.log('skipped: a file size limit and file modes are not known here')

onPosix(
  'a write that the host refuses is a fault, and the log opens again with all that was acknowledged',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    const [filled] = shell(`ulimit -f 512; exec ${node} ${script} fill ${path}`) as [Filled]
    checkFilled(filled, 'EFBIG')
    await checkReopened(path, filled.seq)
  }),
)

withMounts(
  'a full disk is a fault, and the log opens again with all that was acknowledged',
  inDirectory(async (directory) => {
    const disk = join(directory, 'disk')
    const path = join(disk, 'log')
    mkdirSync(disk)
    const command = `
      mount -t tmpfs -o size=2m none ${disk}
      head -c 1000000 /dev/zero > ${disk}/ballast
      ${node} ${script} fill ${path}
      ${node} ${script} open ${path}
      rm ${disk}/ballast
      ${node} ${script} open ${path}
      cp -r ${disk} ${directory}/kept`
    const [filled, full, roomy] = shell(command, mounting) as [Filled, Answer, Answer]
    checkFilled(filled, 'ENOSPC')
    assert.ok(full._tag === 'Right' || full.left?.code === 'ENOSPC', full.left?.message)
    assert.is(roomy._tag, 'Right', roomy.left?.message)
    await checkReopened(join(directory, 'kept', 'log'), filled.seq)
  }),
)

withMounts(
  'a read-only directory is a fault, and changes nothing',
  inDirectory(async (directory) => {
    const disk = join(directory, 'disk')
    await withStore(join(disk, 'log'), (store) => append(store, 1, 3))
    const command = `
      mount --bind ${disk} ${disk}
      mount -o remount,bind,ro ${disk}
      ${node} ${script} open ${disk}/log
      ${node} ${script} open ${disk}/other`
    const answers = shell(command, mounting) as Answer[]
    assert.equal(
      answers.map(({ left }) => left?.code),
      ['EROFS', 'EROFS'],
    )
    await withStore(join(disk, 'log'), async (_, { head }) => assert.equal(head, headOf(3)))
  }),
)

withOutsider(
  'a directory of somebody else is a fault',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    await withStore(path, (store) => append(store, 1, 3))
    chmodSync(path, 0o555)
    chmodSync(directory, 0o555)
    const run = (name: string): Answer => {
      const args = [script, 'open', join(directory, name)]
      const child = spawnSync(process.execPath, args, { ...outsider, encoding: 'utf8' })
      assert.is(child.status, 0, child.stderr)
      return JSON.parse(child.stdout) as Answer
    }
    const codes = [run('log').left?.code, run('other').left?.code]
    chmodSync(directory, 0o755)
    chmodSync(path, 0o755)
    assert.equal(codes, ['EACCES', 'EACCES'])
    await withStore(path, async (_, { head }) => assert.equal(head, headOf(3)))
  }),
)

test.run()
