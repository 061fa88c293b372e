import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { feedTar, type CallOptions } from '@varve/core/adapter'
import { wake, type Words } from './words.js'

/** A tar on its way to a lane. */
export type Feed = {
  /** The lane's end. */
  readonly port: MessagePort
  /** Resolves when some of it has come. */
  readonly begun: Promise<void>
  /** Wakes the lane that has these words when more comes. */
  readonly wakes: (words: Words) => void
  /** The lane wants no more of it. */
  readonly stop: () => void
}

/** Gets a tar ready for a lane, if there is one. */
export const openFeed = ({ tar, spend }: CallOptions): Feed | undefined => {
  if (tar === undefined) return undefined
  const { port1: port, port2 } = new MessageChannel()
  let lane: Words | undefined
  let begin: () => void = () => undefined
  const begun = new Promise<void>((resolve) => (begin = resolve))
  const post = (...[arrival, moved]: Parameters<Parameters<typeof feedTar>[1]['post']>): void => {
    port.postMessage(arrival, moved)
    if (lane !== undefined) wake(lane)
    begin()
  }
  const { takeBack, stop } = feedTar(tar, { post, spend })
  port.on('message', takeBack)
  // From then on the call that wants the tar holds the process.
  void begun.then(() => port.unref())
  return {
    port: port2,
    begun,
    wakes: (words) => void (lane = words),
    stop: () => {
      stop()
      port.close()
    },
  }
}
