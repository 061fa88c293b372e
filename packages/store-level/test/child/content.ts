import { writeSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { directoryContent } from '../../src/index.js'
import { done } from '../tools.js'

const [what, path = '', name = ''] = process.argv.slice(2)
const content = directoryContent(path)

const say = (line: unknown): void => void writeSync(1, `${JSON.stringify(line)}\n`)

/** Different bytes for every number, more than one buffer of them. */
const blob = (number: number): Uint8Array => new Uint8Array(300_000 + number).fill(number)

/** Writes half a blob and keeps the writer until it is killed. */
const hold = async (): Promise<void> => {
  const writer = await done(content.writer(name))
  await done(writer.write(blob(1)))
  say('written')
  // Whoever forgets a writer closes its file.
  setInterval(() => writer, 1_000)
}

/** Commits blobs until it is killed; says the digest of each. */
const keepCommitting = async (): Promise<void> => {
  for (let number = 1; ; number++) {
    const writer = await done(content.writer(`blob ${number}`))
    await done(writer.write(blob(number)))
    const answer = await writer.commit({ labels: { number: `${number}` } })()
    if (E.isLeft(answer)) throw new Error(answer.left.message)
    say(answer.right.digest)
  }
}

/** Sets twenty labels of a blob, one by one. */
const label = async (): Promise<void> => {
  for (let number = 0; number < 20; number++) {
    const answer = await content.label(name, { [`${process.pid} ${number}`]: 'set' })()
    if (E.isLeft(answer)) throw new Error(answer.left.message)
  }
}

/** Writes until that fails; says the fault and what is left. */
const fill = async (): Promise<void> => {
  // Or the signal of a file that grows over its limit ends the process.
  process.on('SIGXFSZ', () => undefined)
  const writer = await done(content.writer('big'))
  const first = await writer.write(new Uint8Array(4_000_000))()
  const [second, end] = [await writer.commit({})(), await writer.abort()()]
  const again = await content.writer('big')()
  say({ first, second, end, again: again._tag })
  if (E.isRight(again)) await done(again.right.abort())
}

const tasks = new Map([
  ['hold', hold],
  ['commit', keepCommitting],
  ['label', label],
  ['fill', fill],
])
await tasks.get(what ?? '')?.()
