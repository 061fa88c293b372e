import { sparseAttribute, streamIds } from './backup-stream.js'
import { encodeExtended } from './extended.js'

/** Text as UTF-16, without an end of its own. */
export const utf16 = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length * 2)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < text.length; at++) view.setUint16(at * 2, text.charCodeAt(at), true)
  return bytes
}

/** Bytes one after another. */
export const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The head of a stream of a backup, whose `size` bytes follow. */
export const streamHead = (id: number, size: number, name = '', attributes = 0): Uint8Array => {
  const text = utf16(name)
  const bytes = new Uint8Array(20 + text.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, id, true)
  view.setUint32(4, attributes, true)
  view.setBigUint64(8, BigInt(size), true)
  view.setUint32(16, text.length, true)
  bytes.set(text, 20)
  return bytes
}

/** The head of a block of a sparse stream, whose `size` bytes follow; one of size 0 at the offset where the stream ends. */
export const blockHead = (offset: number, size: number): Uint8Array => {
  const bytes = joined([streamHead(streamIds.sparseBlock, size + 8), new Uint8Array(8)])
  new DataView(bytes.buffer).setBigUint64(20, BigInt(offset), true)
  return bytes
}

/** The head of the unnamed data of a file. */
export const dataHead = (size: number): Uint8Array => streamHead(streamIds.data, size)
/** The head of data that is sparse: blocks follow. */
export const sparseHead = (): Uint8Array => streamHead(streamIds.data, 0, '', sparseAttribute)
/** The head of an alternate stream by its plain name. */
export const alternateHead = (stream: string, size: number): Uint8Array =>
  streamHead(streamIds.alternate, size, `:${stream}:$DATA`)

/** The plain name of an alternate stream; undefined where its full one is none of data. */
export const alternateName = (name: string): string | undefined => /^:([^:]+):\$DATA$/.exec(name)?.[1]

const whole = (id: number, bytes: Uint8Array): readonly Uint8Array[] => [streamHead(id, bytes.length), bytes]

/** What a file has besides data. `security`: a self-relative descriptor; `reparse`: a whole reparse buffer. */
export type Metadata = {
  readonly security?: Uint8Array | undefined
  readonly extended?: Readonly<Record<string, Uint8Array>> | undefined
  readonly reparse?: Uint8Array | undefined
}

/** The streams of a backup that come before a file's data. */
export const metadataStreams = ({ security, extended, reparse }: Metadata): Uint8Array =>
  joined([
    ...(security === undefined ? [] : whole(streamIds.security, security)),
    ...(extended === undefined || Object.keys(extended).length === 0
      ? []
      : whole(streamIds.extended, encodeExtended(extended))),
    ...(reparse === undefined ? [] : whole(streamIds.reparse, reparse)),
  ])
