import { hash } from 'node:crypto'
import type { Snapshot } from '@varve/core'

// Every tenth snapshot is a Committed layer, in stacks of five; the others are Active, each on one of the layers before it.
const layerEvery = 10
const stackHeight = 5

/** A number below `limit` that looks random and is the same for the same `index`. */
const picked = (index: number, limit: number): number => {
  let mixed = Math.imul(index ^ (index >>> 16), 0x45d9f3b)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  return ((mixed ^ (mixed >>> 16)) >>> 0) % limit
}

export const isLayer = (index: number): boolean => index % layerEvery === 0

/** The key or name of a snapshot of the population, as long as those that containerd gives. */
export const nameOf = (index: number): string => {
  const digest = hash('sha256', `snapshot ${index}`, 'hex')
  return isLayer(index) ? `sha256:${digest}` : digest
}

const parentIndex = (index: number): number | undefined => {
  if (!isLayer(index)) return layerEvery * picked(index, Math.floor(index / layerEvery) + 1)
  return (index / layerEvery) % stackHeight === 0 ? undefined : index - layerEvery
}

/** The name of a snapshot's parent, `''` for the lowest layer of a stack. */
export const parentOf = (index: number): string => {
  const parent = parentIndex(index)
  return parent === undefined ? '' : nameOf(parent)
}

/** The name of some layer in a population of that size. */
export const someLayer = (index: number, size: number): string =>
  nameOf(layerEvery * picked(index, Math.ceil(size / layerEvery)))

/** The labels of every snapshot. */
export const labels = { 'containerd.io/gc.root': '2026-01-01T00:00:00Z' } as const

const usage = { size: 4_194_304, inodes: 0, onDisk: 4_194_304, scratch: 4_194_304 }
const scratch = { requested: null, requestedBy: null, utilityVm: false, note: null, effective: '21474836480' }
const at = '2026-01-01T00:00:00.000000000Z'

/** How many snapshots of a population of that size stand on each. */
export const childrenOf = (size: number): Uint32Array => {
  const children = new Uint32Array(size)
  for (let index = 0; index < size; index++) {
    const parent = parentIndex(index)
    if (parent !== undefined) children[parent] = (children[parent] ?? 0) + 1
  }
  return children
}

const parentIdsOf = (index: number): readonly number[] => {
  const parent = parentIndex(index)
  return parent === undefined ? [] : [parent + 1, ...parentIdsOf(parent)]
}

/** A snapshot of the population as the state holds it. */
export const snapshotOf = (index: number, children: number): Snapshot => ({
  id: index + 1,
  kind: isLayer(index) ? 'Committed' : 'Active',
  name: nameOf(index),
  parent: parentOf(index),
  parents: parentIdsOf(index),
  purpose: 'scratch',
  labels,
  created: at,
  updated: at,
  children,
  usage,
  scratch: parentIndex(index) === undefined ? null : scratch,
})
