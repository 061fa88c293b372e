import { any, type Damage, type Site, toLayer } from './fsck-damage.js'

/** An id that was given out and has no layer any more. */
const goneId = async ({ root, log }: Site): Promise<number | undefined> => {
  const used = new Set(
    (await log.records()).flatMap(({ text }) =>
      (/"type":"PrepareAccepted","data":\{"id":(\d+)/.exec(text) ?? []).slice(1).map(Number),
    ),
  )
  const names = [...(await root.list('snapshots')), ...(await root.list('scratch')), ...(await root.list('meta'))]
  return [...used].find((id) => !names.some((name) => new RegExp(`^(?:rm-)?${id}(?:\\.|$)`).test(name)))
}

/** What comes to lie in roots. */
export const strays: readonly Damage[] = [
  {
    name: 'the directory of a removed snapshot is back',
    code: 'stale-layer',
    plant: async (site) => {
      const id = await goneId(site)
      if (id === undefined) return false
      await site.root.write(`snapshots/${id}/Files/left`, 'something')
      return true
    },
  },
  {
    name: 'a directory was never one of this log',
    code: 'unknown-layer',
    plant: async ({ root, dice }) => {
      await root.write(`snapshots/${1_000 + dice.roll(1_000)}/Files/left`, 'something')
      return true
    },
  },
  {
    name: 'a retired directory was left behind',
    code: 'leftover-retired',
    plant: async ({ root, dice }) => {
      await root.write(`snapshots/rm-${2_000 + dice.roll(1_000)}/Files/left`, 'something')
      return true
    },
  },
  {
    name: 'a retired directory of a snapshot that is there was left behind',
    code: 'leftover-retired',
    plant: toLayer(any, ({ id }, { root }) => root.write(`snapshots/rm-${id}/Files/left`, 'something')),
  },
  {
    name: 'something foreign is among the layers',
    code: 'foreign-entry',
    plant: async ({ root, dice }) => {
      await root.write(dice.pick(['snapshots/notes.txt', 'snapshots/01/x', 'meta/readme', 'mounts/a/b']), 'something')
      return true
    },
  },
  {
    name: 'a sidecar has no layer',
    code: 'stray-sidecar',
    plant: async ({ root, dice }) => {
      await root.write(`meta/${3_000 + dice.roll(1_000)}.json`, '{}')
      return true
    },
  },
  {
    name: 'content of a layer that is not there',
    code: 'stray-content',
    plant: async ({ root, beside, dice }) => {
      await root.write(beside(4_000 + dice.roll(1_000)).content, 'something')
      return true
    },
  },
  {
    name: 'something half made of a layer that is not there',
    code: 'leftover-temporary',
    plant: async ({ root, beside, dice }) => {
      await root.write(beside(5_000 + dice.roll(1_000)).temporary, 'something')
      return true
    },
  },
  {
    name: 'something half made of a layer that is there',
    code: 'leftover-temporary',
    plant: toLayer(any, ({ id }, { root, beside }) => root.write(beside(id).temporary, 'something')),
  },
  {
    name: 'an attachment has no owner',
    code: 'stray-attachment',
    plant: toLayer(
      ({ kind, purpose }) => kind !== 'Committed' && purpose === 'scratch',
      ({ id }, { root }) => root.write(`mounts/${id}/left`, 'something'),
    ),
  },
  {
    name: 'an attachment has no snapshot',
    code: 'stray-attachment',
    plant: async ({ root, dice }) => {
      await root.write(`mounts/${6_000 + dice.roll(1_000)}/left`, 'something')
      return true
    },
  },
]
