import * as assert from 'uvu/assert'
import { readFileSync } from 'node:fs'
import { inspect, isDeepStrictEqual } from 'node:util'
import { gunzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import { asFailure } from '@varve/core/adapter'
import { layerDecoder, layerEncoder } from '@varve/core/tar'
import { failureOf } from '../../src/failure.js'
import { baseSink } from '../../src/transport/base-sink.js'
import type { LayerSink } from '../../src/transport/items.js'
import { transportSink } from '../../src/transport/transport-sink.js'
import type { Whole } from './arbitrary-layer.js'
import { memoryMachine } from './memory-machine.js'
import type { Node } from './memory-node.js'
import { drained, pour } from './trees.js'

export const base = 'C:\\varve\\snapshots\\1'
export const layer = 'C:\\varve\\snapshots\\2'
export const folder = 'C:\\varve\\temp\\2'
export const parents = [{ id: '65ed1907-894d-50ff-bdcb-cc63fb515966', path: base }]

export type Memory = ReturnType<typeof memoryMachine>

export const sinkOf = ({ machine }: Pick<Memory, 'machine'>, isBase: boolean): LayerSink =>
  isBase ? baseSink(machine, base) : transportSink(machine, { layer, parents, folder })

export const tarOf = (all: readonly Whole[]): Uint8Array => {
  const encoder = layerEncoder()
  const parts = all.flatMap(({ entry, body }) => {
    const headers = encoder.entry(entry)
    if (E.isLeft(headers)) throw new Error(headers.left.message)
    return [headers.right, body]
  })
  return new Uint8Array(Buffer.concat([...parts, encoder.end()]))
}

export const entriesOf = (tar: Uint8Array, isBase: boolean): readonly Whole[] => {
  const decoder = layerDecoder({ isBase })
  const items = decoder.push(tar)
  if (E.isLeft(items)) throw new Error(items.left.message)
  return drained(items.right)
}

export const isSame = (found: ReadonlyMap<string, unknown>, expected: ReadonlyMap<string, unknown>): void => {
  for (const name of new Set([...found.keys(), ...expected.keys()])) {
    const [one, other] = [found.get(name), expected.get(name)]
    assert.ok(
      isDeepStrictEqual(one, other),
      `${name}: ${inspect(one, { depth: 5 })}\n is not \n${inspect(other, { depth: 5 })}`,
    )
  }
}

export const nothingIsLeft = (memory: Memory): void => {
  assert.is(memory.open(), 0, 'handles and contexts that were left open')
  assert.is(memory.find(folder), undefined, 'the transport folder was left')
}

export const parentFiles = ['Files/b', 'Files/old/x', 'Files/old/sub/y', 'Files/old/sub/z']
export const parentFolders = ['Files/old', 'Files/old/sub']
export const times = { created: 100n, accessed: 200n, modified: 300n, changed: 400n }
export const parentLayer: readonly Whole[] = [
  ...['Files', ...parentFolders].map((name): Whole => ({
    entry: { type: 'directory', name, attributes: 0x10, times },
    body: new Uint8Array(),
  })),
  ...parentFiles.map((name): Whole => ({
    entry: { type: 'file', name, attributes: 0x20, times, size: 1, hasData: true },
    body: Uint8Array.of(1),
  })),
]

export const baseMade = (): Memory => {
  const memory = memoryMachine()
  memory.makeFolder(base)
  pour(parentLayer, sinkOf(memory, true))
  memory.makeFolder(layer)
  return memory
}

/** A layer's tar that core has for its own tests. */
export const goldenTar = (name: string): Uint8Array =>
  new Uint8Array(
    gunzipSync(
      Buffer.from(
        readFileSync(new URL(`../../../../core/test/fixtures/tar/${name}.tar.gz.b64`, import.meta.url), 'utf8'),
        'base64',
      ),
    ),
  )

const none = new Uint8Array()

export const directory = (name: string): Whole => ({
  entry: { type: 'directory', name, attributes: 0x10, times },
  body: none,
})
export const file = (name: string, text = 'x', attributes = 0x20): Whole => {
  const body = new TextEncoder().encode(text)
  const secured = { security: { bytes: Uint8Array.of(1, 2, 3) }, extended: { A: Uint8Array.of(4) } }
  return { entry: { type: 'file', name, attributes, times, size: body.length, hasData: true, ...secured }, body }
}
export const stream = (name: string, of: string, text: string): Whole => {
  const body = new TextEncoder().encode(text)
  return { entry: { type: 'stream', name: of, stream: name, size: body.length }, body }
}
export const junction = (name: string, target: string): Whole => ({
  entry: { type: 'junction', name, attributes: 0x410, times, target },
  body: none,
})
export const symlink = (name: string, target: string): Whole => ({
  entry: { type: 'symlink', name, attributes: 0x420, times, target },
  body: none,
})
export const link = (name: string, target: string): Whole => ({
  entry: { type: 'link', name, attributes: 0x20, times, target },
  body: none,
})
export const whiteout = (name: string): Whole => ({ entry: { type: 'whiteout', name }, body: none })
export const opaque = (name: string): Whole => ({ entry: { type: 'opaque', name }, body: none })

const boot = 'UtilityVM/Files/EFI/Microsoft/Boot'

/** A utility VM as a base layer has it. */
export const machineLayer: readonly Whole[] = [
  ...['UtilityVM', 'UtilityVM/Files', 'UtilityVM/Files/EFI', 'UtilityVM/Files/EFI/Microsoft', boot].map(directory),
  file(`${boot}/BCD`, 'boot'),
  file(`${boot}/BCD.LOG`, 'log'),
  file('UtilityVM/Files/kernel', 'kernel', 0x21),
  symlink('UtilityVM/Files/link', '..\\kernel'),
  directory('UtilityVM/Files/dir'),
  file('UtilityVM/Files/dir/inner', 'inner'),
]
export { boot }

/** What ends a piece of work. */
export const failureIn = (run: () => void) => {
  try {
    run()
  } catch (cause) {
    return asFailure(failureOf('', cause))
  }
  throw new Error('nothing was refused')
}

/** A base layer with a utility VM, and the folder of a layer over it. */
export const ready = (): Memory => {
  const memory = memoryMachine()
  memory.makeFolder(base)
  pour([...parentLayer, ...machineLayer], sinkOf(memory, true))
  memory.makeFolder(layer)
  return memory
}

export const text = (node: Node | undefined): string => new TextDecoder().decode(node?.data)
