import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { feedTar, type CallOptions } from '@varve/core/adapter'
import { wake, type Words } from './words.js'

/** A tar on its way to a lane. */
export type Feed = {
  /** The lane's end. */
  readonly port: MessagePort
  /** The lane wants no more of it. */
  readonly stop: () => void
}

/** Sends the tar, if there is one, to the lane that has these words. */
export const openFeed = ({ tar, spend }: CallOptions, words: Words): Feed | undefined => {
  if (tar === undefined) return undefined
  const { port1: port, port2 } = new MessageChannel()
  const post = (...[arrival, moved]: Parameters<Parameters<typeof feedTar>[1]['post']>): void => {
    port.postMessage(arrival, moved)
    wake(words)
  }
  const { takeBack, stop } = feedTar(tar, { post, spend })
  port.on('message', takeBack)
  // The call that wants the tar holds the process.
  port.unref()
  return {
    port: port2,
    stop: () => {
      stop()
      port.close()
    },
  }
}
