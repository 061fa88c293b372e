import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { fileURLToPath } from 'node:url'
import { pack } from 'tar-stream'

/** A file, folder or link that every writer puts into its tar. */
type Node = { readonly name: string; readonly body?: string; readonly soft?: string; readonly hard?: string }

const split = `Files/folder/${'m'.repeat(90)}`

/** What there is, in the order in which it is written: UtilityVM first. */
export const nodes: readonly Node[] = [
  { name: 'UtilityVM' },
  { name: 'UtilityVM/Files' },
  { name: 'Files' },
  { name: 'Hives' },
  { name: 'Files/a.txt', body: 'alpha\n' },
  { name: 'Files/empty', body: '' },
  { name: 'Files/hard', hard: 'Files/a.txt' },
  { name: 'Files/soft', soft: 'folder/ü.txt' },
  { name: 'Files/folder' },
  { name: 'Files/folder/ü.txt', body: 'ue' },
  { name: split },
  { name: `${split}/${'n'.repeat(60)}.txt`, body: 'a name that a prefix field can hold' },
  { name: `Files/folder/${'l'.repeat(180)}.txt`, body: 'a name that only records can hold' },
]
const short = nodes.filter(({ name }) => name.length < 100)
const splittable = nodes.filter(({ name }) => name.length < 160)

/** When everything in the tars was last written, in nanoseconds. */
export const written = 1_700_000_000_500_000_000n

const output = (tool: string, args: readonly string[], cwd: string): Uint8Array => {
  const env = { ...process.env, LC_ALL: 'C.UTF-8' }
  const { status, stdout, stderr, error } = spawnSync(tool, args, { cwd, env, maxBuffer: 2 ** 26 })
  if (status !== 0) throw error ?? new Error(`${tool} ${args.join(' ')}: ${stderr.toString()}`)
  return new Uint8Array(stdout)
}

const makeTree = (root: string): void => {
  for (const { name, body, soft, hard } of nodes) {
    const at = path.join(root, name)
    if (body !== undefined) fs.writeFileSync(at, body)
    else if (soft !== undefined) fs.symlinkSync(soft, at)
    else if (hard !== undefined) fs.linkSync(path.join(root, hard), at)
    else fs.mkdirSync(at)
  }
  const seconds = Number(written) / 1e9
  for (const { name } of nodes.toReversed()) fs.lutimesSync(path.join(root, name), seconds, seconds)
}

/** Runs `use` with a folder that holds the tree, and one file that is all hole. */
export const withTree = async <T>(use: (folder: string) => T | Promise<T>): Promise<T> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'varve-tar-'))
  try {
    makeTree(folder)
    fs.mkdirSync(path.join(folder, 'hole/Files'), { recursive: true })
    const hole = fs.openSync(path.join(folder, 'hole/Files/hole'), 'w')
    fs.ftruncateSync(hole, 2 ** 20)
    fs.writeSync(hole, 'end', 2 ** 20)
    fs.closeSync(hole)
    return await use(folder)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** Another program or library that writes tars. */
export type Writer = {
  readonly name: string
  /** What has to be installed; undefined where npm has installed it. */
  readonly tool: string | undefined
  readonly nodes: readonly Node[]
  readonly write: (folder: string) => Uint8Array | Promise<Uint8Array>
}

/** Whether a program is installed; said once when it is not. */
const installed = new Map<string, boolean>()
export const has = (tool: string | undefined): boolean => {
  if (tool === undefined) return true
  const found = installed.get(tool) ?? spawnSync(tool, [tool === 'go' ? 'version' : '--version']).status === 0
  if (!found && !installed.has(tool)) console.log(`skipped: ${tool} is not installed`)
  installed.set(tool, found)
  return found
}

const makeGo = fileURLToPath(new URL('../../../test/fixtures/tar/make.go', import.meta.url))

/** Runs make.go. */
export const go = (args: readonly string[], input?: Uint8Array): Uint8Array => {
  const { status, stdout, stderr, error } = spawnSync('go', ['run', makeGo, ...args], { input, maxBuffer: 2 ** 26 })
  if (status !== 0) throw error ?? new Error(`go run make.go ${args.join(' ')}: ${stderr.toString()}`)
  return new Uint8Array(stdout)
}

const ownerArgs = (tool: string): readonly string[] =>
  tool === 'bsdtar'
    ? ['--uname', 'somebody', '--gname', 'somebody']
    : ['--owner=somebody:1000', '--group=somebody:1000']

const byCommand = (name: string, which: readonly Node[], tool: string, ...args: readonly string[]): Writer => ({
  name,
  tool,
  nodes: which,
  write: (folder) =>
    output(tool, [...args, ...ownerArgs(tool), '--no-recursion', ...which.map((node) => node.name)], folder),
})

const byTarStream = async (): Promise<Uint8Array> => {
  const stream = pack()
  const mtime = new Date(Number(written / 1_000_000n))
  for (const { name, body, soft, hard } of nodes) {
    if (body !== undefined) stream.entry({ name, mtime }, body)
    else if (soft !== undefined) stream.entry({ name, mtime, type: 'symlink', linkname: soft })
    else if (hard !== undefined) stream.entry({ name, mtime, type: 'link', linkname: hard })
    else stream.entry({ name, mtime, type: 'directory' })
  }
  stream.finalize()
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part as Uint8Array)
  return new Uint8Array(Buffer.concat(parts))
}

export const writers: readonly Writer[] = [
  { name: 'archive-tar', tool: 'go', nodes, write: () => go(['plain']) },
  byCommand('bsdtar', nodes, 'bsdtar', '-cf', '-'),
  byCommand('bsdtar-pax', nodes, 'bsdtar', '--format=pax', '-cf', '-'),
  byCommand('bsdtar-ustar', splittable, 'bsdtar', '--format=ustar', '-cf', '-'),
  byCommand('gnu-tar-gnu', nodes, 'tar', '--format=gnu', '-cf', '-'),
  byCommand('gnu-tar-pax', nodes, 'tar', '--format=pax', '-cf', '-'),
  byCommand('gnu-tar-ustar', splittable, 'tar', '--format=ustar', '-cf', '-'),
  byCommand('gnu-tar-v7', short, 'tar', '--format=v7', '-cf', '-'),
  {
    name: 'gnu-tar-dot',
    tool: 'tar',
    nodes,
    write: (folder) =>
      output('tar', [...ownerArgs('tar'), '--exclude=./hole', '--sort=name', '--format=gnu', '-cf', '-', '.'], folder),
  },
  { name: 'tar-stream', tool: undefined, nodes, write: byTarStream },
]

/** Ways to write a file with holes that are no plain tar. */
export const sparse: readonly Writer[] = [
  ['gnu-tar-sparse-gnu', 'tar', '--format=gnu', '--sparse'],
  ['gnu-tar-sparse-0.0', 'tar', '--format=pax', '--sparse', '--sparse-version=0.0'],
  ['gnu-tar-sparse-0.1', 'tar', '--format=pax', '--sparse', '--sparse-version=0.1'],
  ['gnu-tar-sparse-1.0', 'tar', '--format=pax', '--sparse', '--sparse-version=1.0'],
  ['bsdtar-sparse', 'bsdtar'],
].map(([name = '', tool = '', ...args]) => ({
  name,
  tool,
  nodes: [],
  write: (folder) => output(tool, [...args, ...ownerArgs(tool), '-cf', '-', '-C', 'hole', 'Files/hole'], folder),
}))
