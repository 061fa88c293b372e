/**
 * One value for everything that decides how a run goes on, so that what follows equal states is looked at once.
 *
 * It is made of the snapshots and what is under way (as the model reads them off the records), what each client was told, and
 * the disk: the names and bytes that it shows, and those that each loss of power would leave. Left out are times, numbers and
 * hashes of records, and the ids of intents, because nothing depends on them but what is shown; and numbers of inodes and of
 * changes, which are only ever compared: what takes their place says which of those that a manifest notes are still the same.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { SparseFile } from '../artefacts/vhdx.js'
import { readSparse } from '../artefacts/vhdx.js'
import type { Directory, File, Node } from '../memory/nodes.js'
import type { Left, Pending } from '../simulate/disk.js'
import type { Machine } from '../simulate/machine.js'
import type { Model } from '../simulate/model.js'

const shortHash = (text: string): string => bytesToHex(sha256(utf8ToBytes(text))).slice(0, 24)

const keys = new WeakMap<SparseFile, string>()

/** The same for the same bytes. */
export const contentKey = (content: SparseFile): string => {
  const known = keys.get(content)
  if (known !== undefined) return known
  const hash = sha256.create().update(utf8ToBytes(`${content.length}`))
  for (const { offset, bytes } of content.segments)
    if (offset < content.length) hash.update(utf8ToBytes(` ${offset} ${bytes.length} `)).update(bytes)
  const key = bytesToHex(hash.digest()).slice(0, 24)
  keys.set(content, key)
  return key
}

const manifest = /^mounts\/.*\.ndjson$/

/** Numbers for what is only ever compared, in the order in which it appears. */
const newLabels = <T>() => {
  const labels = new Map<T, number>()
  return {
    of: (one: T): number => {
      const label = labels.get(one) ?? labels.size
      labels.set(one, label)
      return label
    },
    find: (one: T): number | undefined => labels.get(one),
  }
}

type Labels<T> = ReturnType<typeof newLabels<T>>

/** A manifest's rows, with what they note of an inode replaced by where else that appears. */
const manifestText = (content: SparseFile, inodes: Labels<bigint>, ctimes: Labels<bigint>): string =>
  new TextDecoder()
    .decode(readSparse(content, 0, content.length))
    .replace(
      /"(\d+)","(\d+)"/g,
      (_, inode: string, ctime: string) => `${inodes.find(BigInt(inode))} ${ctimes.find(BigInt(ctime))}`,
    )

/** A tree, then changes of it that are not durable. `contentOf` tells a file's content and what may become of it. */
export const diskText = (
  root: Directory,
  { names, ctime }: Left,
  changes: Pending['changes'],
  contentOf: (file: File, key: (content: SparseFile) => string) => string,
): string => {
  const [inodes, ctimes] = [newLabels<bigint>(), newLabels<bigint>()]
  const paths = new Map<Node, string>([[root, '']])
  const lines: string[] = []
  const found = (node: Node, path: string): number => {
    if (!paths.has(node)) {
      paths.set(node, path)
      lines.push(`${inodes.of(node.number)} ${node.type} ${ctimes.of(ctime(node))}`)
    }
    return inodes.of(node.number)
  }
  const below = (directory: Directory, name: string): string => `${paths.get(directory) ?? '?'}/${name}`
  const add = (directory: Directory): void => {
    for (const [name, node] of [...names(directory)].sort(([one], [other]) => (one < other ? -1 : 1))) {
      const path = below(directory, name)
      lines.push(`${path} ${found(node, path)}`)
      if (node.type === 'directory') add(node)
    }
  }
  add(root)
  for (const change of changes) {
    lines.push('then')
    for (const one of change)
      if ('of' in one) lines.push(`${found(one.of, '?')} ${ctimes.of(one.inode.ctime)}`)
      else {
        const path = below(one.directory, one.name)
        lines.push(`${path} ${one.node === undefined ? 'gone' : found(one.node, path)}`)
      }
  }
  for (const [node, path] of paths) {
    const key = (content: SparseFile): string =>
      manifest.test(path.slice(1)) ? shortHash(manifestText(content, inodes, ctimes)) : contentKey(content)
    if (node.type === 'file') lines.push(`${inodes.of(node.number)} ${contentOf(node, key)}`)
    else if (node.type === 'symlink') lines.push(`${inodes.of(node.number)} ${node.target}`)
  }
  return lines.join('\n')
}

/** What has to be so, without what nothing depends on. */
const modelText = ({ layers, asking, lastId }: Model): string =>
  JSON.stringify([
    lastId,
    [...layers.values()]
      .sort((one, other) => one.id - other.id)
      .map(({ attachedBy, content, unsynced, ...layer }) => [
        layer,
        attachedBy !== undefined,
        [...content].sort(([one], [other]) => (one < other ? -1 : 1)),
        [...unsynced].sort(),
      ]),
    Array.from(asking.values(), ({ type, data }) => [type, data]),
  ])

/** Records that are durable, and whose writer is not told yet. */
const untold = ({ model, log }: Machine): string =>
  log.records
    .slice(model.seq)
    .map(({ text }) => {
      const { type, data } = JSON.parse(text) as { readonly type: string; readonly data: unknown }
      return JSON.stringify([type, data])
    })
    .join('\n')

/** The state of a machine whose disk is described so. */
export const stateOf = (machine: Machine, disk: string): string =>
  shortHash([modelText(machine.model), untold(machine), disk].join('\n\n'))
