import { writeSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import type { StoreFault } from '@varve/core'
import { levelStore } from '../../src/index.js'
import { done, headOf, records } from '../tools.js'

const [what, path = ''] = process.argv.slice(2)

const say = (line: unknown): void => void writeSync(1, `${JSON.stringify(line)}\n`)

/** Opens the log and says what that gave. */
const open = async (): Promise<void> => {
  const store = levelStore(path)
  say(await store.open()())
  await store.close()()
}

/** Keeps the log open until it is killed or its input ends. */
const hold = async (): Promise<void> => {
  const store = levelStore(path)
  await done(store.open())
  say('open')
  process.stdin.resume().once('end', () => void store.close()())
}

/** Appends groups of records, with a checkpoint now and then, until it is killed; says the last number of each group. */
const keepAppending = async (): Promise<void> => {
  const store = levelStore(path)
  let { seq } = (await done(store.open())).head
  for (let group = 1; ; group++) {
    const last = seq + 1 + (group % 7)
    const rows = group % 5 === 0 ? [{ key: 'last', value: String(last) }] : []
    await done(store.append(headOf(seq), records(seq + 1, last), rows))
    seq = last
    say(seq)
  }
}

/** Appends until that fails, tries once more, and says the last number that was acknowledged and both faults. */
const fill = async (): Promise<void> => {
  // Or the signal of a file that grows over its limit ends the process.
  process.on('SIGXFSZ', () => undefined)
  const store = levelStore(path)
  let { seq } = (await done(store.open())).head
  const append = async (): Promise<StoreFault | undefined> => {
    const answer = await store.append(headOf(seq, '', 4096), records(seq + 1, seq + 4, '', 4096))()
    if (E.isRight(answer)) seq += 4
    return E.isLeft(answer) ? answer.left : undefined
  }
  let first = await append()
  while (first === undefined) first = await append()
  const second = await append()
  let read = 0
  for await (const batch of store.read(0)) if (E.isRight(batch)) read += batch.right.length
  say({ seq, first, second, read, close: await store.close()() })
}

const tasks = new Map([
  ['open', open],
  ['hold', hold],
  ['append', keepAppending],
  ['fill', fill],
])
await tasks.get(what ?? '')?.()
