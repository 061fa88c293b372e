import { randomUUID } from 'node:crypto'
import { chainId, type Descriptor } from '@varve/core'
import type { PromiseSnapshotter } from '@varve/core/promise'
import type { FoundImage } from './read-image.js'
import { orThrow } from './write-image.js'

/** Unpacks images. However often and however many at a time are asked for, each layer on its parents is unpacked once. */
export type Unpacker = {
  /** The chain ids of the image's layers, the base layer first, each the name of a committed snapshot. */
  readonly unpack: (image: FoundImage) => Promise<readonly string[]>
}

type Step = {
  readonly chain: string
  readonly parent: string
  readonly descriptor: Descriptor
  readonly diffId: string
}

const isThere = async (snapshotter: PromiseSnapshotter, name: string): Promise<boolean> => {
  try {
    return (await snapshotter.stat(name)).kind === 'Committed'
  } catch (error) {
    if ((error as { readonly _tag?: string })._tag === 'NotFound') return false
    throw error
  }
}

const chainsOf = (diffIds: readonly string[]): Promise<readonly string[]> =>
  Promise.all(diffIds.map((_, at) => orThrow(async () => chainId(diffIds.slice(0, at + 1)))))

/** An unpacker on one snapshotter. */
export const unpackerOf = (snapshotter: PromiseSnapshotter): Unpacker => {
  const underWay = new Map<string, Promise<void>>()

  const unpackLayer = async ({ chain, parent, descriptor, diffId }: Step): Promise<void> => {
    if (await isThere(snapshotter, chain)) return
    const key = `extract-${randomUUID()} ${chain}`
    const mounts = await snapshotter.prepare(key, { parent, purpose: 'unpack' })
    try {
      const { digest } = await snapshotter.apply(descriptor, mounts)
      if (digest !== diffId) throw new Error(`wrong diff id: the image says ${diffId}, its layer's tar is ${digest}`)
      await snapshotter.commit(chain, key)
    } catch (error) {
      // What went wrong is the first error, whatever becomes of the snapshot.
      await snapshotter.remove(key).catch(() => undefined)
      throw error
    }
  }

  const once = (step: Step): Promise<void> => {
    const known = underWay.get(step.chain)
    if (known !== undefined) return known
    const work = unpackLayer(step).finally(() => underWay.delete(step.chain))
    underWay.set(step.chain, work)
    return work
  }

  return {
    unpack: async ({ layers }) => {
      const chains = await chainsOf(layers.map(({ diffId }) => diffId))
      for (const [at, layer] of layers.entries())
        await once({ ...layer, chain: chains[at] ?? '', parent: chains[at - 1] ?? '' })
      return chains
    },
  }
}
