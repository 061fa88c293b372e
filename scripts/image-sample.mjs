// @ts-check
/** The image that other people's tools are shown, and what it should hold. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './setup.mjs'

/**
 * @typedef {{ mediaType: string, digest: string, size: number }} Descriptor
 * @typedef {{ os: string, architecture: string, 'os.version': string, rootfs: { diff_ids: string[] } }} Config
 */

/**
 * Runs a program and answers what it printed; throws with what it said when it fails.
 * @param {string} command
 * @param {string[]} args
 */
export const run = (command, ...args) => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { maxBuffer: 2 ** 28, timeout: 120_000 })
  if (status === 0) return stdout
  throw new Error(
    `${command} ${args.join(' ')} ended with ${status ?? error?.message}: ${String(stdout)}${String(stderr)}`,
  )
}

/** @param {Buffer | string} json */
export const parsed = (json) => JSON.parse(String(json))

/** @param {Uint8Array} bytes */
export const sha256 = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/**
 * Layers of Windows come without permissions of Unix, which keeps everybody but root out of what was unpacked.
 * @param {string} directory
 */
export const unlock = (directory) => run('chmod', '-R', 'u+rwX', directory)

/**
 * What a directory holds: by path, what each entry is.
 * @param {string} directory
 */
export const contentOf = (directory) => {
  /** @type {Record<string, string>} */
  const found = {}
  /** @param {string} below */
  const visit = (below) => {
    for (const name of readdirSync(join(directory, below)).toSorted()) {
      const path = below === '' ? name : `${below}/${name}`
      const stats = lstatSync(join(directory, path))
      if (stats.isSymbolicLink()) found[path] = `symlink ${readlinkSync(join(directory, path))}`
      else if (stats.isFile()) found[path] = sha256(readFileSync(join(directory, path)))
      else found[path] = 'directory'
      if (stats.isDirectory()) visit(path)
    }
  }
  visit('')
  return found
}

/**
 * Files of the kinds that matter to a tar: long, deep, foreign, empty, linked.
 * @param {string} directory
 */
const writeSources = (directory) => {
  const files = {
    'a first.txt': 'moved\n',
    'b second.txt': 'deleted\n',
    'bin/program.bin': Buffer.alloc(300_000, 7),
    [`${'deep/'.repeat(30)}leaf`]: 'far down\n',
    [`${'long'.repeat(60)}.txt`]: 'long\n',
    'umlaut ü 漢字 \u{1f600}.txt': 'foreign\n',
    empty: '',
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), content)
  }
  mkdirSync(join(directory, 'nothing in it'))
  linkSync(join(directory, 'bin/program.bin'), join(directory, 'bin/same.bin'))
  symlinkSync('bin/program.bin', join(directory, 'link'))
}

/**
 * What the image should hold: the sources where the example puts them, without what its last layer deletes.
 * @param {string} directory
 * @param {string} from
 * @param {Record<string, string>} summary the example's closing table
 */
const writeExpected = (directory, from, summary) => {
  const options = { recursive: true, verbatimSymlinks: true }
  cpSync(join(root, 'docs'), join(directory, 'Users/Public/Documents'), options)
  cpSync(from, join(directory, 'app'), options)
  const deleted = (summary['deleted in layer 3'] ?? '').split(', ')
  assert.deepEqual(deleted, ['Users/Public/Documents/decisions', 'app/b second.txt'])
  for (const path of deleted) rmSync(join(directory, path), { recursive: true })
  assert.equal(summary['moved in layer 3'], 'app/a first.txt to moved/a first.txt')
  mkdirSync(join(directory, 'moved'))
  renameSync(join(directory, 'app/a first.txt'), join(directory, 'moved/a first.txt'))
}

/** @param {string} place an empty directory */
export const buildImage = (place) => {
  const from = join(place, 'from')
  const layout = join(place, 'image')
  writeSources(from)
  const script = join(root, 'scripts/example.mjs')
  const output = run(process.execPath, script, 'build-image', '--json', '--out', layout, '--from', from)
  const lines = String(output).trim().split('\n').map(parsed)
  const summary = lines.find(({ kind }) => kind === 'summary')
  writeExpected(join(place, 'expected'), from, summary)
  /** @param {string} digest */
  const blob = (digest) => readFileSync(join(layout, 'blobs/sha256', digest.slice('sha256:'.length)))
  const [named] = parsed(readFileSync(join(layout, 'index.json'))).manifests
  const manifest = parsed(blob(named.digest))
  return {
    layout,
    from,
    digest: /** @type {string} */ (named.digest),
    chainId: /** @type {string} */ (summary['chain id']),
    layers: /** @type {Descriptor[]} */ (manifest.layers),
    config: /** @type {Config} */ (parsed(blob(manifest.config.digest))),
    expected: contentOf(join(place, 'expected')),
    blob,
  }
}

/** @typedef {ReturnType<typeof buildImage>} Image */
