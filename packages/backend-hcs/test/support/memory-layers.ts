import { decodeAttributes, encodeAttributes } from '../../src/formats/side-file.js'
import { joined } from '../../src/formats/backup-builder.js'
import { backupOf, newNode, put, restoreBackup, type Node, type Shape } from './memory-node.js'

const childrenOf = (node: Node | undefined): readonly (readonly [string, Node])[] =>
  [...(node?.children?.values() ?? [])].map(({ name, node: child }) => [name, child])

const child = (node: Node | undefined, name: string): Node | undefined =>
  childrenOf(node).find(([one]) => one.toUpperCase() === name.toUpperCase())?.[1]

const isSide = (name: string): boolean => name.endsWith('.$wcidirs$')

/** What a side file says. */
const fromSide = (side: Node, isFolder: boolean): Node => {
  const node = newNode(isFolder)
  node.info = { ...side.info, attributes: decodeAttributes(side.data) }
  restoreBackup(node, side.data.subarray(4), 'side file')
  return node
}

/** The folders of parents under one name; those behind a placeholder are seen through it. */
const below = (parents: readonly Node[], name: string): readonly Node[] =>
  parents.flatMap((parent) => child(parent, name) ?? [])

/** A folder that stands for a parent's is a reparse point: nothing can be done in it. */
const placeholderOf = (found: Node): Node => {
  const info = { ...found.info, attributes: (found.info.attributes | 0x400) >>> 0 }
  return { ...found, isPlaceholder: true, ...(found.children !== undefined && { info, reparse: new Uint8Array(8) }) }
}

const importFolder = (from: Node, to: Node, parents: readonly Node[]): void => {
  for (const [name, found] of childrenOf(from)) {
    if (isSide(name)) continue
    if (found.children === undefined) put(to, name, fromSide(found, false))
    else {
      const side = child(from, `${name}.$wcidirs$`)
      if (side === undefined) throw new Error(`${name} has no side file`)
      const folder = fromSide(side, true)
      put(to, name, folder)
      if (folder.reparse === undefined) importFolder(found, folder, below(parents, name))
    }
  }
  for (const [name, found] of parents.toReversed().flatMap(childrenOf))
    if (child(to, name) === undefined) put(to, name, placeholderOf(found))
}

/** ImportLayer: the layer of a transport folder. */
export const importInto = (layer: Node, transport: Node, parents: readonly Node[]): void => {
  const side = child(transport, 'Files.$wcidirs$')
  const files = child(transport, 'Files')
  if (files !== undefined && side !== undefined) {
    const folder = fromSide(side, true)
    put(layer, 'Files', folder)
    importFolder(files, folder, below(parents, 'Files'))
  }
  const hives = child(transport, 'Hives')
  if (hives !== undefined) put(layer, 'Hives', hives)
}

const sideOf = (node: Node, shape: Shape): Node => {
  const side = newNode(false)
  side.info = { ...node.info, attributes: 0x20 }
  side.data = joined([encodeAttributes(node.info.attributes), backupOf(node, true, shape)])
  return side
}

type Exporting = { readonly shape: Shape; readonly deleted: string[] }

const exportFolder = (from: Node, to: Node, path: string, parents: readonly Node[], how: Exporting): void => {
  for (const [name, found] of childrenOf(from)) {
    if (found.isPlaceholder === true) continue
    if (found.children === undefined) put(to, name, sideOf(found, how.shape))
    else {
      const folder = newNode(true)
      put(to, name, folder)
      put(to, `${name}.$wcidirs$`, sideOf(found, how.shape))
      if (found.reparse === undefined) exportFolder(found, folder, `${path}\\${name}`, below(parents, name), how)
    }
  }
  for (const [name] of parents.flatMap(childrenOf))
    if (child(from, name) === undefined) how.deleted.push(`${path}\\${name}`)
}

const text = new TextEncoder()

/** ExportLayer: the transport folder of a layer. */
export const exportFrom = (layer: Node, transport: Node, parents: readonly Node[], shape: Shape): void => {
  const files = child(layer, 'Files')
  const how: Exporting = { shape, deleted: [] }
  if (files !== undefined) {
    const folder = newNode(true)
    folder.info = { ...files.info }
    put(transport, 'Files', folder)
    put(transport, 'Files.$wcidirs$', sideOf(files, shape))
    exportFolder(files, folder, '', below(parents, 'Files'), how)
  }
  const tombstones = newNode(false)
  tombstones.data = text.encode(['\ufeffVersion 1.0', ...how.deleted, ''].join('\r\n'))
  put(transport, 'tombstones.txt', tombstones)
  const hives = newNode(true)
  put(transport, 'Hives', hives)
  put(hives, 'System_Delta', newNode(false))
}
