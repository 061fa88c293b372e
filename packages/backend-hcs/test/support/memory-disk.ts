import { backendFault, foldName } from '@varve/core/ports'
import { codes, raise } from '../../src/failure.js'

import type { BackupContext, Handle } from '../../src/native/native.js'

import { newNode, put, type Node, type Shape } from './memory-node.js'

type Open = { node: Node; above: Node | undefined; name: string; position: number; isLast: boolean }
type Backup = { readonly bytes: Uint8Array[]; at: number; readonly withSecurity: boolean; readonly handle: Handle }

export const fail = (code: number, what: string): never => raise(backendFault(what, code))
export const names = (path: string): string[] =>
  path
    .replace(/^\\\\\?\\/, '')
    .split('\\')
    .filter((name) => name !== '')
export const childOf = (node: Node, name: string): Node | undefined => node.children?.get(foldName(name))?.node

/** The state of a disk of Windows in memory. */
export const memoryDisk = () => {
  const disk = newNode(true)
  const handles = new Map<Handle, Open>()
  const contexts = new Map<bigint, Backup>()
  const control = {
    shape: {} as Shape,
    /** The most that one BackupRead gives. */
    piece: Infinity,
    calls: [] as string[],
    failAt: 0,
    failWith: codes.accessDenied as number,
    failed: '',
  }
  let next = 1n

  const find = (path: string): Node | undefined => {
    let node: Node | undefined = disk
    for (const name of names(path)) node = node && childOf(node, name)
    return node
  }
  const mustFind = (path: string): Node => find(path) ?? fail(codes.fileNotFound, `no ${path}`)
  const newHandle = (open: Omit<Open, 'position' | 'isLast'>): Handle => {
    handles.set(next, { ...open, position: 0, isLast: false })
    return next++
  }
  const opened = (handle: Handle): Open => handles.get(handle) ?? fail(6, `handle ${handle} is not open`)
  const contextOf = (
    handle: Handle,
    context: BackupContext,
    make: () => Uint8Array[],
    withSecurity: boolean,
  ): Backup => {
    if (context.pointer === null) {
      context.pointer = next++
      contexts.set(context.pointer, { bytes: make(), at: 0, withSecurity, handle })
    }
    const found = contexts.get(context.pointer)
    if (found === undefined || found.handle !== handle) throw new Error('a context of another handle')
    return found
  }
  const remove = (path: string, node = disk, at = names(path)): void => {
    const [name = '', ...rest] = at
    const child = childOf(node, name)
    if (child === undefined) return
    if (rest.length > 0) remove(path, child, rest)
    else node.children?.delete(foldName(name))
  }
  const makeFolder = (path: string): Node => {
    let node = disk
    for (const name of names(path)) {
      if (childOf(node, name) === undefined) put(node, name, newNode(true))
      node = childOf(node, name) ?? disk
    }
    return node
  }
  const list = (path: string): readonly string[] => {
    const folder = mustFind(path)
    if (folder.reparse !== undefined) fail(codes.fileNotFound, `${path} leads to nothing`)
    return [...(folder.children?.values() ?? [])]
      .map(({ name }) => name)
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }

  return { disk, handles, contexts, control, find, mustFind, newHandle, opened, contextOf, remove, makeFolder, list }
}

export type MemoryDisk = ReturnType<typeof memoryDisk>
