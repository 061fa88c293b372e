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
import type { Unsynced } from '../simulate/disk.js'
import type { Machine } from '../simulate/machine.js'
import type { Model } from '../simulate/model.js'

/** Which names a directory has. */
export type Names = (directory: Directory) => ReadonlyMap<string, Node>

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

/** A manifest's rows, with what they note of an inode replaced by whether it is still so. */
const manifestText = (content: SparseFile, found: ReadonlyMap<string, Found>): string =>
  new TextDecoder()
    .decode(readSparse(content, 0, content.length))
    .replace(/"(\d+)","(\d+)"/g, (_, inode: string, change: string) => {
      const one = found.get(inode)
      return one === undefined ? 'gone' : `${one.label} ${String(one.node.ctime) === change}`
    })

type Found = { readonly label: number; readonly node: Node; readonly path: string }

/** Names, then changes of them that are not durable. `contentOf` tells a file's content and what may become of it. */
export const diskText = (
  root: Directory,
  { names, changes }: { readonly names: Names; readonly changes: Unsynced['changes'] },
  contentOf: (file: File, key: (content: SparseFile) => string) => string,
): string => {
  const found = new Map<string, Found>()
  const labelOf = (node: Node, path: string): number => {
    const known = found.get(String(node.number))
    if (known === undefined) found.set(String(node.number), { label: found.size, node, path })
    return known?.label ?? found.size - 1
  }
  const lines: string[] = []
  const add = (directory: Directory, path: string): void => {
    for (const [name, node] of [...names(directory)].sort(([one], [other]) => (one < other ? -1 : 1))) {
      lines.push(`${path}${name} ${labelOf(node, `${path}${name}`)}`)
      if (node.type === 'directory') add(node, `${path}${name}/`)
    }
  }
  labelOf(root, '')
  add(root, '')
  for (const change of changes) {
    lines.push('then')
    for (const { directory, name, node } of change) {
      const path = `${found.get(String(directory.number))?.path ?? ''}/${name}`
      lines.push(
        `${labelOf(directory, '')} ${name} ${node === undefined ? 'gone' : labelOf(node, path.replace(/^\//, ''))}`,
      )
    }
  }
  for (const { label, node, path } of found.values()) {
    const key = (content: SparseFile): string =>
      manifest.test(path) ? shortHash(manifestText(content, found)) : contentKey(content)
    if (node.type === 'file') lines.push(`${label} ${contentOf(node, key)}`)
    else if (node.type === 'symlink') lines.push(`${label} ${node.target}`)
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
