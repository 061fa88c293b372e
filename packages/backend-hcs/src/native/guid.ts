import type { LayerDescriptor } from '@varve/core/ports'
import type { Descriptor, Guid } from '../bindings/signature.js'
import { refuse, requireKind } from './checks.js'

const shape = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i

const guidOf = (name: string, text: unknown): Guid => {
  const parts = typeof text === 'string' ? shape.exec(text) : null
  if (parts === null) return refuse(name, 'the id of a parent', text, '32 hex digits and 4 dashes')
  const [, first = '', second = '', third = '', fourth = '', fifth = ''] = parts
  const bytes = (`${fourth}${fifth}`.match(/../g) ?? []).map((pair) => parseInt(pair, 16))
  return { Data1: parseInt(first, 16), Data2: parseInt(second, 16), Data3: parseInt(third, 16), Data4: bytes }
}

/** 32 hex digits and 4 dashes, lower case, of the 16 bytes of a GUID. */
export const guidText = (bytes: Uint8Array): string => {
  const digits = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString('hex')
  const swapped = (from: number, to: number): string => Buffer.from(bytes.slice(from, to).reverse()).toString('hex')
  return [swapped(0, 4), swapped(4, 6), swapped(6, 8), digits(8, 10), digits(10, 16)].join('-')
}

const descriptorOf = (name: string, parent: LayerDescriptor): Descriptor => {
  requireKind(name, 'the path of a parent', 'path', parent.path)
  return { LayerId: guidOf(name, parent.id), Flags: 0, Path: parent.path }
}

/** Parents as the DLLs take them, with their number: NULL and 0 for none, as an empty array would not be NULL. */
export const descriptorsOf = (
  name: string,
  parents: readonly LayerDescriptor[],
): readonly [readonly Descriptor[] | null, bigint] => {
  if (!Array.isArray(parents)) return refuse(name, 'parents', parents, 'an array of layer descriptors')
  if (parents.length === 0) return [null, 0n]
  return [parents.map((parent: LayerDescriptor) => descriptorOf(name, parent)), BigInt(parents.length)]
}
