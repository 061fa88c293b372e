import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import type { Arrival } from '@varve/core/adapter'
import { backendFault } from '@varve/core/ports'
import { codes } from '../failure.js'
import { isRaisedFlag, waitFor, word, type Words } from './words.js'

const failed = (message: string, code: number): Arrival => ({ type: 'failed', failure: backendFault(message, code) })

/** The end of a tar on the side of the lane. */
export type Inlet = { readonly take: () => Arrival; readonly close: () => void }

const noTar: Inlet = {
  take: () => failed('a layer is filled from a tar, and none was given; give one', codes.invalidParameter),
  close: () => undefined,
}

const inletOver = (words: Words, port: MessagePort): Inlet => {
  let inUse: ArrayBufferLike | undefined
  let last: Arrival | undefined
  const arrived = (): Arrival | undefined => {
    if (isRaisedFlag(words, word.cancelled)) return failed('the tar was not read on: cancelled', codes.cancelled)
    if (isRaisedFlag(words, word.stopped)) return failed('the tar was not read on: stopped', codes.aborted)
    return receiveMessageOnPort(port)?.message as Arrival | undefined
  }
  return {
    take: () => {
      // Whoever asks for the next part is done with the one before.
      if (inUse instanceof ArrayBuffer) port.postMessage(inUse, [inUse])
      inUse = undefined
      const arrival = last ?? waitFor(words, arrived)
      if (arrival.type === 'bytes') inUse = arrival.bytes.buffer
      else last = arrival
      return arrival
    },
    close: () => port.close(),
  }
}

export const openInlet = (words: Words, port: MessagePort | undefined): Inlet =>
  port === undefined ? noTar : inletOver(words, port)
