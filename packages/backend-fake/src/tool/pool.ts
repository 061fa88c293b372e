import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answers, Request } from './requests.js'

/** A process that does one thing at a time. Rejects when it ends without an answer. */
export type Lane = <A extends Request['ask']>(request: Extract<Request, { readonly ask: A }>) => Promise<Answers[A]>

export type Pool = { readonly lanes: readonly Lane[]; readonly close: () => void }

const worker = fileURLToPath(new URL('./worker.js', import.meta.url))

export const openPool = (jobs: number): Pool => {
  const children = Array.from({ length: jobs }, () => fork(worker, { serialization: 'advanced' }))
  const lanes = children.map((child): Lane => {
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`a process of the simulation ended with ${String(signal ?? code)}`)
    })
    ended.catch(() => undefined)
    return async (request) => {
      const answered = once(child, 'message')
      child.send(request)
      const [{ answer }] = (await Promise.race([answered, ended])) as [{ readonly answer: never }]
      return answer
    }
  })
  return {
    lanes,
    close: () => {
      for (const child of children) if (child.connected) child.disconnect()
    },
  }
}
