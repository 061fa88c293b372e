import { any, type Damage, pathOf, someLog, toLayer, type Which } from './fsck-damage.js'

const hasChildren: Which = ({ id }, all) => all.some(({ parents }) => parents.includes(id))
const isBase: Which = ({ kind, parents, purpose }) =>
  kind === 'Committed' && parents.length === 0 && purpose === 'scratch'
const hasFiles: Which = ({ kind, parents, purpose }) =>
  purpose === 'scratch' && (kind === 'Committed' || parents.length === 0)
const hasScratch: Which = ({ kind, parents, purpose }) =>
  purpose === 'scratch' && kind !== 'Committed' && parents.length > 0

const rootDamages: readonly Damage[] = [
  {
    name: 'the owner file is missing',
    code: 'missing-owner',
    plant: async ({ root }) => {
      await root.remove('varve.json')
      return true
    },
  },
  {
    name: 'the owner file is damaged',
    code: 'damaged-owner',
    plant: async ({ root, dice }) => {
      await root.write('varve.json', dice.pick(['', '{', '{"log":7}', 'null']))
      return true
    },
  },
  {
    name: 'the owner file names another log',
    code: 'foreign-root',
    plant: async ({ root }) => {
      await root.write('varve.json', JSON.stringify({ log: someLog }))
      return true
    },
  },
]

/** What befalls roots and layers that the log knows. */
export const layerDamages: readonly Damage[] = [
  ...rootDamages,
  {
    name: 'the directory of a layer is missing',
    code: 'missing-layer',
    besides: ['missing-parent'],
    plant: toLayer(any, (layer, { root }) => root.remove(pathOf(layer))),
  },
  {
    name: 'the directory of a parent is missing',
    code: 'missing-parent',
    besides: ['missing-layer'],
    plant: toLayer(hasChildren, (layer, { root }) => root.remove(pathOf(layer))),
  },
  {
    name: 'the directory of a layer is a file',
    code: 'missing-content',
    besides: ['missing-parent'],
    plant: toLayer(any, async (layer, { root }) => {
      await root.remove(pathOf(layer))
      await root.write(pathOf(layer), 'a file')
    }),
  },
  {
    name: 'the content of a layer is missing',
    code: 'missing-content',
    besides: ['missing-parent'],
    plant: toLayer(hasFiles, (layer, { root }) => root.remove(`${pathOf(layer)}/Files`)),
  },
  {
    name: 'a layer with a record is retired',
    code: 'retired-layer',
    plant: toLayer(any, (layer, { root }) => root.rename(pathOf(layer), `snapshots/rm-${layer.id}`)),
  },
  {
    name: 'a base layer has no hives',
    code: 'half-made-base',
    plant: toLayer(isBase, async (layer, { root, dice }) => {
      const hives = `${pathOf(layer)}/Hives`
      if (dice.once(2)) return root.remove(hives)
      await root.remove(`${hives}/${dice.pick(await root.list(hives))}`)
    }),
  },
  {
    name: 'the layout file of a base layer is missing',
    code: 'half-made-base',
    plant: toLayer(isBase, (layer, { root }) => root.remove(`${pathOf(layer)}/layout`)),
  },
  {
    name: 'the template of a base layer is missing',
    code: 'missing-template',
    isFinal: ({ remakesTemplates }) => !remakesTemplates,
    plant: toLayer(isBase, (layer, { root, dice }) =>
      root.remove(`${pathOf(layer)}/${dice.pick(['blank.vhdx', 'blank-base.vhdx'])}`),
    ),
  },
  {
    name: 'the template of a base layer is damaged',
    code: 'damaged-template',
    isFinal: ({ remakesTemplates }) => !remakesTemplates,
    plant: toLayer(isBase, (layer, { root, dice }) =>
      root.truncate(`${pathOf(layer)}/blank.vhdx`, dice.pick([0, 70_000, 2_000_000, 3_500_000])),
    ),
  },
  {
    name: 'the scratch disk of a snapshot is missing',
    code: 'missing-scratch',
    plant: toLayer(hasScratch, (layer, { root }) => root.remove(`${pathOf(layer)}/sandbox.vhdx`)),
  },
  {
    name: 'the scratch disk of a snapshot is truncated',
    code: 'truncated-scratch',
    plant: toLayer(hasScratch, (layer, { root, dice }) =>
      root.truncate(`${pathOf(layer)}/sandbox.vhdx`, dice.pick([0, 8, 300_000, 2_500_000, 3_200_000])),
    ),
  },
  {
    name: 'the scratch disk of a snapshot is no disk',
    code: 'damaged-scratch',
    plant: toLayer(hasScratch, (layer, { root }) =>
      root.write(`${pathOf(layer)}/sandbox.vhdx`, new Uint8Array(4_194_304).fill(7)),
    ),
  },
  {
    name: 'the scratch disk of a snapshot has another size',
    code: 'wrong-scratch-size',
    plant: toLayer(hasScratch, async (layer, { root, dice }) => {
      const disk = `${pathOf(layer)}/sandbox.vhdx`
      const bytes = (await root.read(disk)) ?? new Uint8Array()
      // MS-VHDX 2.6: the second item, behind the 64 KiB of the metadata table. No checksum covers it.
      const item = 2_097_152 + 65_536 + 8
      new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(item, BigInt(1 + dice.roll(9)) << 30n, true)
      await root.write(disk, bytes)
    }),
  },
  {
    name: 'what shows an attached snapshot was deleted',
    code: 'missing-attachment',
    plant: toLayer(hasScratch, async ({ id, name }, { root, leaveAttached }) => {
      await leaveAttached({ [name]: {} })
      await root.remove(`mounts/${id}`)
    }),
  },
  {
    name: 'the sidecar of a layer is missing',
    code: 'missing-sidecar',
    plant: toLayer(any, ({ id }, { root }) => root.remove(`meta/${id}.json`)),
  },
  {
    name: 'the sidecar of a layer is damaged',
    code: 'damaged-sidecar',
    plant: toLayer(any, ({ id }, { root, dice }) => root.write(`meta/${id}.json`, dice.pick(['', '{', '{}', '[1]']))),
  },
  {
    name: 'the sidecar of a layer is that of another',
    code: 'wrong-sidecar',
    plant: toLayer(any, async ({ id }, { root, dice }) => {
      const told = JSON.parse(new TextDecoder().decode(await root.read(`meta/${id}.json`))) as object
      const other = dice.pick([{ name: 'another' }, { parents: [77] }, { id: id + 1 }])
      await root.write(`meta/${id}.json`, JSON.stringify({ ...told, ...other }))
    }),
  },
  {
    name: 'the sidecar of a layer is that of another log',
    code: 'foreign-sidecar',
    plant: async (site) =>
      site.layers.length > 1 &&
      toLayer(any, async ({ id }, { root }) => {
        const told = JSON.parse(new TextDecoder().decode(await root.read(`meta/${id}.json`))) as object
        await root.write(`meta/${id}.json`, JSON.stringify({ ...told, log: someLog }))
      })(site),
  },
]
