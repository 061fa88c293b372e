import type { FindingCode } from '../src/fsck/findings.js'
import type { Dice } from './dice.js'
import type { FsckSubject } from './fsck-subject.js'
import type { KnownLayer } from './fsck-worlds.js'

/** What is about to be damaged. */
export type Site = Omit<FsckSubject, 'open' | 'check' | 'repair' | 'rescue'> & {
  readonly layers: readonly KnownLayer[]
  /** Those that were damaged already: each layer is damaged once. */
  readonly struck: Set<KnownLayer>
  readonly dice: Dice
}

/** One way in which a log or its layers are damaged. */
export type Damage = {
  readonly name: string
  /** What a check has to find. */
  readonly code: FindingCode
  /** What it may find besides, because it follows. */
  readonly besides?: readonly FindingCode[]
  /** Whether nothing can be done about it. */
  readonly isFinal?: (site: Site) => boolean
  /** Does it. False: there is nothing that could be damaged so. */
  readonly plant: (site: Site) => Promise<boolean>
}

/** A log that is not the one of the subject. */
export const someLog = '00000000-0000-4000-8000-00000000beef'

export type Which = (layer: KnownLayer, all: readonly KnownLayer[]) => boolean

/** Damages one of the layers that fit. */
export const toLayer =
  (which: Which, strike: (layer: KnownLayer, site: Site) => Promise<void>) =>
  async (site: Site): Promise<boolean> => {
    const fitting = site.layers.filter((layer) => which(layer, site.layers) && !site.struck.has(layer))
    if (fitting.length === 0) return false
    const layer = site.dice.pick(fitting)
    site.struck.add(layer)
    await strike(layer, site)
    return true
  }

export const any: Which = () => true

export const pathOf = ({ id }: KnownLayer): string => `snapshots/${id}`
