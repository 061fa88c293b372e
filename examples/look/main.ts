/** Draws the layer tree and the timeline of a log that `npm start` or a program of yours left. */
import * as E from 'fp-ts/lib/Either.js'
import { parseArgs } from 'node:util'
import { join } from 'node:path'
import { find, initialState, noHash, replayFrom, type Info, type Recorded, type Replayed, infoOf } from '@varve/core'
import { levelStore } from '@varve/store-level'
import { treeOf } from '../drawing/tree.js'

const usage = 'usage: npm run example look -- DATA   (the directory given to npm start as --data)'

const nameOf = ({ data }: Recorded): string => ('name' in data ? data.name : 'key' in data ? data.key : '')

const line = (record: Recorded): string =>
  `  ${String(record.seq).padStart(6)}  ${record.at}  ${record.type.padEnd(15)} ${nameOf(record)}`

const namesIn = (records: readonly Recorded[]): ReadonlySet<string> =>
  new Set(records.flatMap(({ data }) => [...('key' in data ? [data.key] : []), ...('name' in data ? [data.name] : [])]))

/** Exit codes: 0 shown, 1 the log can't be read, 2 wrong usage. */
export const main = async (argv: readonly string[]): Promise<number> => {
  const { positionals } = parseArgs({ args: [...argv], allowPositionals: true })
  const [data] = positionals
  if (data === undefined) {
    console.error(usage)
    return 2
  }
  const store = levelStore(join(data, 'log'))
  const opened = await store.open()()
  if (E.isLeft(opened)) {
    console.error(opened.left.message)
    return 1
  }
  const records: Recorded[] = []
  let current: Replayed = { state: initialState('bind'), hash: noHash }
  for await (const texts of store.read(0)) {
    const next = E.isLeft(texts)
      ? texts
      : replayFrom(current, texts.right, store.sha256, (record) => records.push(record))
    if (E.isLeft(next)) {
      console.error(next.left.message)
      return 1
    }
    current = next.right
  }
  await store.close()()
  const infos: readonly Info[] = [...namesIn(records)].flatMap((name) => {
    const found = find(current.state, name)
    return E.isRight(found) ? [infoOf(found.right)] : []
  })
  console.log([`log ${opened.right.log}`, '', ...treeOf(infos), '', ...records.map(line)].join('\n'))
  return 0
}
