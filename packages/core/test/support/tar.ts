import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import type { InvalidEntry } from '@varve/core'
import {
  layerDecoder,
  layerEncoder,
  type DecodeOptions,
  type EncodeOptions,
  type EntryTimes,
  type LayerEntry,
  type LayerItem,
} from '@varve/core/tar'

/** An entry with its bytes. */
export type Whole = { readonly entry: LayerEntry; readonly body: Uint8Array }

/** A file of test/fixtures/tar. */
export const tarFixture = (file: string): string =>
  readFileSync(new URL(`../../../test/fixtures/tar/${file}`, import.meta.url), 'utf8')

/** What `NAME.tar.gz.b64` holds. */
export const tarOf = (name: string): Uint8Array =>
  new Uint8Array(gunzipSync(Buffer.from(tarFixture(`${name}.tar.gz.b64`), 'base64')))

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

type Written = {
  readonly times?: Readonly<Record<keyof EntryTimes, string>>
  readonly security?: { readonly bytes?: string; readonly sddl?: string }
  readonly extended?: Readonly<Record<string, string>>
  readonly body?: string
}

const wholeOf = ({ times, security, extended, body = '', ...rest }: Written): Whole => {
  const entry = {
    ...rest,
    ...(times && {
      times: {
        created: BigInt(times.created),
        accessed: BigInt(times.accessed),
        modified: BigInt(times.modified),
        changed: BigInt(times.changed),
      },
    }),
    ...(security && { security: security.bytes === undefined ? security : { bytes: bytesOf(security.bytes) } }),
    ...(extended && {
      extended: Object.fromEntries(Object.entries(extended).map(([name, value]) => [name, bytesOf(value)])),
    }),
  }
  return { entry: entry as LayerEntry, body: bytesOf(body) }
}

/** What `NAME.json` says that the tar holds. */
export const entriesOf = (name: string): readonly Whole[] =>
  (JSON.parse(tarFixture(`${name}.json`)) as readonly Written[]).map(wholeOf)

/** The bytes in pieces of these lengths, taken in turn; the last piece is the rest. */
export const piecesOf = (bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] => {
  const pieces: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? bytes.length
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

export type Decoded = Whole & { readonly offset: number }

/** All that a tar holds, pushed in pieces of these lengths; without lengths in one. */
export const decoded = (
  tar: Uint8Array,
  options?: DecodeOptions,
  lengths: readonly number[] = [Infinity],
): E.Either<InvalidEntry, readonly Decoded[]> => {
  const decoder = layerDecoder(options)
  const all: { entry: LayerEntry; offset: number; parts: Uint8Array[] }[] = []
  const take = (item: LayerItem): void => {
    if (item.type === 'entry') all.push({ entry: item.entry, offset: item.offset, parts: [] })
    else all.at(-1)?.parts.push(item.bytes)
  }
  for (const piece of piecesOf(tar, lengths)) {
    const items = decoder.push(piece)
    if (E.isLeft(items)) return items
    for (const item of items.right) take(item)
  }
  const end = decoder.end()
  if (E.isLeft(end)) return end
  if (end.right.entries !== all.length) throw new Error(`${all.length} entries came, ${end.right.entries} were counted`)
  return E.right(all.map(({ entry, offset, parts }) => ({ entry, offset, body: new Uint8Array(Buffer.concat(parts)) })))
}

/** The tar of these entries. */
export const encoded = (all: readonly Whole[], options?: EncodeOptions): E.Either<InvalidEntry, Uint8Array> => {
  const encoder = layerEncoder(options)
  const parts: Uint8Array[] = []
  for (const { entry, body } of all) {
    const headers = encoder.entry(entry)
    if (E.isLeft(headers)) return headers
    parts.push(headers.right, body)
  }
  return E.right(new Uint8Array(Buffer.concat([...parts, encoder.end()])))
}

/** What it is, or an error that says what was refused. */
export const right = <T>(result: E.Either<InvalidEntry, T>): T => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

/** The refusal, or an error that says that there was none. */
export const left = (result: E.Either<InvalidEntry, unknown>): InvalidEntry => {
  if (E.isRight(result)) throw new Error('nothing was refused')
  return result.left
}

export const wholes = (all: readonly Decoded[]): readonly Whole[] => all.map(({ entry, body }) => ({ entry, body }))
