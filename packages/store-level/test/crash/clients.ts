import type { Info, Labels } from '@varve/core'
import type { PromiseFiles, PromiseSnapshotter } from '@varve/core/promise'
import { type Dice, diceFrom } from '../dice.js'
import { bytesOf, type Call, type Ending, type Line } from './calls.js'

type Own = { readonly key: string; readonly kind: 'Active' | 'View'; files: PromiseFiles | undefined }
type Base = { readonly name: string; readonly owner: number }

/** What the clients of a process share. */
type Desk = {
  readonly snapshotter: PromiseSnapshotter
  readonly say: (line: Line) => void
  /** Of this process: nothing it makes has a name that another one gave. */
  readonly process: string
  readonly bases: Map<string, Base>
}

type Client = Desk & { readonly number: number; readonly dice: Dice; readonly own: Own[]; made: number }

const mostOwn = 3
const mostBases = 6
const paths = ['a', 'b.txt', 'deep/c', 'deep/er/d', 'e'] as const

const perform = async ({ snapshotter, own }: Client, call: Call): Promise<void> => {
  switch (call.type) {
    case 'prepare':
    case 'view':
      return void (await snapshotter[call.type](call.key, { parent: call.parent, labels: call.labels }))
    case 'commit':
      return snapshotter.commit(call.name, call.key, { labels: call.labels })
    case 'update':
      return void (await snapshotter.update({ name: call.key, labels: call.labels }))
    case 'attach': {
      const { files } = await snapshotter.attach(call.key)
      const one = own.find(({ key }) => key === call.key)
      if (one !== undefined) one.files = files
      return
    }
    case 'detach':
    case 'remove':
      return snapshotter[call.type](call.key)
    case 'write':
      return own.find(({ key }) => key === call.key)?.files?.write(call.path, bytesOf(call.content))
    case 'delete':
      return own.find(({ key }) => key === call.key)?.files?.remove(call.path)
    case 'cleanup':
      return snapshotter.cleanup()
  }
}

/** Makes the call between two lines; whether it was done. */
const make = async (client: Client, call: Call, ending: Ending = 'done'): Promise<boolean> => {
  const { say, number } = client
  say({ type: 'call', client: number, call, ending })
  try {
    await perform(client, call)
    say({ type: 'end', client: number, tag: 'done', message: '' })
    return true
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause))
    say({ type: 'end', client: number, tag: error.name, message: error.message })
    return false
  }
}

const fresh = (client: Client, what: string): string => `${what}-${client.process}-${client.number}-${++client.made}`
const labelsOf = (client: Client): Labels => ({ client: String(client.number), call: fresh(client, 'call') })
const pickOwn = ({ dice, own }: Client): Own | undefined => (own.length === 0 ? undefined : dice.pick(own))
const basesOf = ({ bases, number }: Client): readonly Base[] =>
  [...bases.values()].filter(({ owner }) => owner === number)

const drop = (client: Client, one: Own): void => void client.own.splice(client.own.indexOf(one), 1)

const parentFor = (client: Client, chance: number): Base | undefined =>
  client.bases.size === 0 || client.dice.once(chance) ? undefined : client.dice.pick([...client.bases.values()])

const create = async (client: Client): Promise<void> => {
  if (client.own.length >= mostOwn) return
  const parent = parentFor(client, 4)
  const kind = parent !== undefined && client.dice.once(3) ? 'View' : 'Active'
  const key = fresh(client, 'key')
  // Only its owner removes a base, so that another client may come too late for it.
  const ending = parent === undefined || parent.owner === client.number ? 'done' : 'either'
  const type = kind === 'View' ? 'view' : 'prepare'
  const call: Call = { type, key, parent: parent?.name ?? '', labels: labelsOf(client) }
  if (await make(client, call, ending)) client.own.push({ key, kind, files: undefined })
}

/** One key that every client tries to get. */
const compete = async (client: Client): Promise<void> => {
  if (client.own.length >= mostOwn) return
  const key = `shared-${client.process}-${client.dice.roll(20)}`
  const call: Call = { type: 'prepare', key, parent: '', labels: labelsOf(client) }
  if (await make(client, call, 'either')) client.own.push({ key, kind: 'Active', files: undefined })
}

const edit = async (client: Client): Promise<void> => {
  const { dice } = client
  const one = pickOwn(client)
  if (one === undefined) return
  if (one.files === undefined && !(await make(client, { type: 'attach', key: one.key }))) return
  for (let left = 1 + dice.roll(4); left > 0; left--) {
    const path = dice.pick(paths)
    const content = { tag: fresh(client, 'content'), bytes: dice.once(5) ? dice.roll(400_000) : dice.roll(2_000) }
    const change: Call = dice.once(4)
      ? { type: 'delete', key: one.key, path }
      : { type: 'write', key: one.key, path, content }
    await make(client, change, change.type === 'delete' ? 'either' : 'done')
  }
}

const release = async (client: Client, one = pickOwn(client)): Promise<void> => {
  if (one?.files === undefined) return
  if (await make(client, { type: 'detach', key: one.key })) one.files = undefined
}

const commit = async (client: Client): Promise<void> => {
  const one = pickOwn(client)
  if (one === undefined || one.kind === 'View' || client.bases.size >= mostBases) return
  const call = (): Call => ({ type: 'commit', name: fresh(client, 'base'), key: one.key, labels: labelsOf(client) })
  if (one.files !== undefined && client.dice.once(4)) await make(client, call(), 'refused')
  await release(client, one)
  const made = call()
  if (made.type !== 'commit' || !(await make(client, made))) return
  client.bases.set(made.name, { name: made.name, owner: client.number })
  drop(client, one)
}

const remove = async (client: Client): Promise<void> => {
  const one = pickOwn(client)
  if (one !== undefined && (await make(client, { type: 'remove', key: one.key }))) drop(client, one)
}

const removeBase = async (client: Client): Promise<void> => {
  const mine = basesOf(client)
  if (mine.length === 0 || client.bases.size < mostBases / 2) return
  const { name } = client.dice.pick(mine)
  if (await make(client, { type: 'remove', key: name }, 'either')) client.bases.delete(name)
}

const relabel = async (client: Client): Promise<void> => {
  const names = [...client.own.map(({ key }) => key), ...basesOf(client).map(({ name }) => name)]
  if (names.length > 0) await make(client, { type: 'update', key: client.dice.pick(names), labels: labelsOf(client) })
}

/** What must be refused, and leave nothing behind. */
const overreach = async (client: Client): Promise<void> => {
  const [one, base] = [pickOwn(client), basesOf(client)[0]]
  const labels = labelsOf(client)
  await make(client, { type: 'prepare', key: fresh(client, 'key'), parent: 'nothing', labels }, 'refused')
  if (one === undefined || base === undefined) return
  await make(client, { type: 'prepare', key: one.key, parent: base.name, labels }, 'refused')
  await make(client, { type: 'commit', name: base.name, key: one.key, labels }, 'refused')
}

const tidy = async (client: Client): Promise<void> => void (await make(client, { type: 'cleanup' }))

/** How often each is made among the others. */
const weights = [
  [create, 3],
  [edit, 3],
  [commit, 3],
  [release, 1],
  [compete, 1],
  [remove, 1],
  [removeBase, 1],
  [relabel, 1],
  [overreach, 1],
  [tidy, 1],
] as const
const moves = weights.flatMap(([move, times]) => Array.from({ length: times }, () => move))

const ownerOf = ({ labels }: Info): number => Number(labels['client'])

/** Lets clients make calls without end, each going on with what it had made in earlier processes. */
export const runClients = async (
  snapshotter: PromiseSnapshotter,
  count: number,
  seed: number,
  say: (line: Line) => void,
): Promise<void> => {
  const desk: Desk = { snapshotter, say, process: String(seed), bases: new Map() }
  const clients = Array.from({ length: count }, (_, number): Client => {
    return { ...desk, number, dice: diceFrom(`${seed} ${number}`), own: [], made: 0 }
  })
  for await (const info of snapshotter.walk()) {
    const { name, kind } = info
    if (kind === 'Committed') desk.bases.set(name, { name, owner: ownerOf(info) })
    else clients[ownerOf(info)]?.own.push({ key: name, kind, files: undefined })
  }
  const run = async (client: Client): Promise<never> => {
    for (;;) await client.dice.pick(moves)(client)
  }
  await Promise.all(clients.map(run))
}
