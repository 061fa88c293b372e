import { foldName } from '@varve/core/ports'
import {
  alternateHead,
  alternateName,
  blockHead,
  dataHead,
  joined,
  sparseHead,
  streamHead,
} from '../../src/formats/backup-builder.js'
import { backupParser, streamIds } from '../../src/formats/backup-stream.js'
import type { BasicInfo } from '../../src/native/native.js'

/** A file or folder of a disk in memory. */
export type Node = {
  readonly id: number
  links: number
  info: BasicInfo
  security?: Uint8Array
  extended?: Uint8Array
  reparse?: Uint8Array
  data: Uint8Array
  readonly streams: Map<string, Uint8Array>
  /** Of a folder, by folded name. */
  readonly children?: Map<string, Child>
  /** Stands for what a parent layer has. */
  isPlaceholder?: boolean
}
export type Child = { readonly name: string; readonly node: Node }

let ids = 0

export const newNode = (isFolder: boolean): Node => {
  const time = 133_000_000_000_000_000n
  const node = {
    id: ++ids,
    links: 1,
    info: { created: time, accessed: time, modified: time, changed: time, attributes: isFolder ? 0x10 : 0x20 },
    data: new Uint8Array(),
    streams: new Map<string, Uint8Array>(),
  }
  return isFolder ? { ...node, children: new Map<string, Child>() } : node
}

export const put = (folder: Node, name: string, node: Node): void => {
  if (folder.children === undefined) throw new Error(`${name} would be below a file`)
  folder.children.set(foldName(name), { name, node })
}

/** How a backup is told: all the ways that Windows has. */
export type Shape = {
  readonly isSparse?: boolean
  readonly isDataLast?: boolean
  readonly isExtendedLast?: boolean
}

const whole = (id: number, bytes: Uint8Array | undefined): Uint8Array =>
  bytes === undefined ? new Uint8Array() : joined([streamHead(id, bytes.length), bytes])

const sparse = (data: Uint8Array): Uint8Array => {
  const parts = [sparseHead()]
  for (let at = 0; at < data.length; at += 100) {
    const part = data.subarray(at, at + 100)
    if (part.some((byte) => byte !== 0)) parts.push(blockHead(at, part.length), part)
  }
  return joined([...parts, blockHead(data.length, 0)])
}

/** The backup of a file. */
export const backupOf = (node: Node, withSecurity: boolean, shape: Shape): Uint8Array => {
  const dense = node.data.length === 0 ? new Uint8Array() : joined([dataHead(node.data.length), node.data])
  const data = node.children !== undefined ? new Uint8Array() : shape.isSparse === true ? sparse(node.data) : dense
  const streams = joined([...node.streams].map(([name, bytes]) => joined([alternateHead(name, bytes.length), bytes])))
  const extended = whole(streamIds.extended, node.extended)
  return joined([
    whole(streamIds.security, withSecurity ? node.security : undefined),
    whole(streamIds.reparse, node.reparse),
    shape.isExtendedLast === true ? new Uint8Array() : extended,
    ...(shape.isDataLast === true ? [streams, data] : [data, streams]),
    shape.isExtendedLast === true ? extended : new Uint8Array(),
    whole(streamIds.objectId, new Uint8Array(64)),
  ])
}

/** FILE_ATTRIBUTE_NORMAL stands alone. */
export const attributesOf = (bits: number): number => ((bits & ~0x80) === 0 ? 0x80 : bits & ~0x80) >>> 0

/** Gives a file what a backup says. */
export const restoreBackup = (node: Node, backup: Uint8Array, how: boolean | 'side file'): void => {
  const refuse = (problem: string): never => {
    throw new Error(`what was written is no backup: ${problem}`)
  }
  const parser = backupParser(refuse)
  const streams: { id: number; name: string; parts: Uint8Array[] }[] = []
  for (const item of parser.push(backup)) {
    if (item.type === 'stream') streams.push({ id: item.id, name: item.name, parts: [] })
    else if (item.type === 'bytes') streams.at(-1)?.parts.push(item.bytes)
    else refuse('a sparse block')
  }
  parser.end()
  for (const { id, name, parts } of streams) {
    const bytes = joined(parts)
    if (id === streamIds.data) node.data = bytes
    else if (id === streamIds.extended) node.extended = bytes
    else if (id === streamIds.alternate) node.streams.set(alternateName(name) ?? refuse(name), bytes)
    else if (id === streamIds.reparse) {
      node.reparse = bytes
      node.info = { ...node.info, attributes: attributesOf(node.info.attributes | 0x400) }
    } else if (id === streamIds.objectId && how !== 'side file') continue
    else if (id !== streamIds.security) refuse(`stream ${id}`)
    else if (how !== false) node.security = bytes
  }
}
