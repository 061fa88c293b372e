import type { Dice } from './dice.js'
import type { FsckSubject, RootFiles } from './fsck-subject.js'
import type { PromiseSnapshotter } from './subject.js'

/** A layer of a snapshot that has a record and nothing under way. */
export type KnownLayer = {
  readonly id: number
  readonly name: string
  readonly kind: 'Active' | 'View' | 'Committed'
  /** Nearest first. */
  readonly parents: readonly number[]
  readonly purpose: 'scratch' | 'unpack'
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

type Growing = {
  readonly snapshotter: PromiseSnapshotter
  readonly dice: Dice
  readonly committed: string[]
  readonly actives: string[]
  names: number
}

const fill = async ({ snapshotter, dice }: Growing, key: string): Promise<void> => {
  const { files } = await snapshotter.attach(key)
  for (let left = 1 + dice.roll(2); left > 0; left--) await files.write(`f${dice.roll(3)}`, `${key} ${dice.roll(1000)}`)
  await snapshotter.detach(key)
}

const grow = async (growing: Growing): Promise<void> => {
  const { snapshotter, dice, committed, actives } = growing
  const what = dice.roll(committed.length === 0 ? 3 : 9)
  const key = `k${++growing.names}`
  const parent = what < 3 ? {} : { parent: dice.pick(committed) }
  if (what === 6) return void (await snapshotter.view(key, parent))
  if (what === 7) return void (await snapshotter.update({ name: dice.pick(committed), labels: { [key]: '1' } }))
  if (what === 8 && actives.length > 0) return snapshotter.remove(actives.pop() ?? '')
  const purpose = dice.once(6) ? 'unpack' : 'scratch'
  await snapshotter.prepare(key, { ...parent, purpose, labels: { a: String(growing.names) } })
  if (purpose === 'scratch' && !dice.once(3)) await fill(growing, key)
  if (dice.once(3)) return void (purpose === 'scratch' && actives.push(key))
  await snapshotter.commit(`n${growing.names}`, key)
  // Nothing can stand on a base layer that no tar was applied to.
  if (purpose === 'scratch') committed.push(`n${growing.names}`)
}

/** Makes a world of a few snapshots, some of them attached at its end, and something owed perhaps. */
export const makeWorld = async (snapshotter: PromiseSnapshotter, dice: Dice): Promise<void> => {
  const growing: Growing = { snapshotter, dice, committed: [], actives: [], names: 0 }
  await snapshotter.prepare('first')
  await fill(growing, 'first')
  await snapshotter.commit('base', 'first')
  growing.committed.push('base')
  await snapshotter.prepare('gone', { parent: 'base' })
  await snapshotter.remove('gone')
  await snapshotter.prepare('work', { parent: 'base' })
  await fill(growing, 'work')
  await snapshotter.view('look', { parent: 'base' })
  await snapshotter.prepare('alone')
  for (let left = 3 + dice.roll(4); left > 0; left--) await grow(growing)
  await snapshotter.prepare('child', { parent: dice.pick(growing.committed) })
}

/** The layers that a root and the names of its snapshots tell of. */
export const layersIn = async (root: RootFiles, names: ReadonlySet<string>): Promise<readonly KnownLayer[]> => {
  const layers: KnownLayer[] = []
  for (const file of await root.list('meta')) {
    const content = file.endsWith('.json') ? await root.read(`meta/${file}`) : undefined
    if (content === undefined) continue
    const { id, name, kind, parents, purpose } = JSON.parse(text(content)) as KnownLayer
    if (names.has(name)) layers.push({ id, name, kind, parents, purpose })
  }
  return layers.sort((one, other) => one.id - other.id)
}

/** The files of a directory with all that is below it, by path. */
export const filesBelow = async (root: RootFiles, path: string): Promise<Readonly<Record<string, string>>> => {
  const content = await root.read(path)
  if (content !== undefined) return { '': text(content) }
  const all: Record<string, string> = {}
  for (const name of await root.list(path))
    for (const [below, found] of Object.entries(await filesBelow(root, `${path}/${name}`)))
      all[below === '' ? name : `${name}/${below}`] = found
  return all
}

/** Names of all snapshots. */
export const namesIn = async (snapshotter: PromiseSnapshotter): Promise<ReadonlySet<string>> => {
  const names = new Set<string>()
  for await (const { name } of snapshotter.walk()) names.add(name)
  return names
}

/** Makes a world with a subject and closes it; answers its layers. */
export const makeClosedWorld = async ({ open, root }: FsckSubject, dice: Dice): Promise<readonly KnownLayer[]> => {
  const snapshotter = await open()
  await makeWorld(snapshotter, dice)
  await snapshotter.cleanup()
  const names = await namesIn(snapshotter)
  await snapshotter.close()
  return layersIn(root, names)
}
