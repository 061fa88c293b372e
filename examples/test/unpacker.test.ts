import { createHash } from 'node:crypto'
import { fakeBackend, memoryContent, memoryStore } from '@varve/backend-fake'
import { chainId, layerMediaType, type Content, type Recorded } from '@varve/core'
import { openSnapshotter, type PromiseSnapshotter } from '@varve/core/promise'
import { encodeLayer, type EncodedEntry, type EntryTimes } from '@varve/core/tar'
import { nodeCodecs } from '@varve/store-level'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { FoundImage } from '../build-image/read-image.js'
import { unpackerOf } from '../build-image/unpacker.js'
import { orThrow } from '../build-image/write-image.js'

const at = 1_700_000_000_000_000_000n
const times: EntryTimes = { created: at, accessed: at, modified: at, changed: at }

const bytesOf = async function* (content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

const entriesOf = (file: string): readonly EncodedEntry[] => {
  const content = new TextEncoder().encode(`content of ${file}`)
  return [
    { entry: { type: 'directory', name: 'Files', attributes: 0x10, times } },
    {
      entry: { type: 'file', name: `Files/${file}`, attributes: 0x20, times, size: content.length, hasData: true },
      body: bytesOf(content),
    },
  ]
}

type Layer = FoundImage['layers'][number]

/** A layer that holds one file, among the blobs. */
const putLayer = async (content: Content, file: string): Promise<Layer> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of encodeLayer(entriesOf(file))) chunks.push(chunk)
  const tar = Buffer.concat(chunks)
  const digest = `sha256:${createHash('sha256').update(tar).digest('hex')}`
  const writer = await orThrow(content.writer(file))
  await orThrow(writer.write(tar))
  await orThrow(writer.commit({ digest }))
  return { descriptor: { mediaType: layerMediaType, digest, size: tar.length }, diffId: digest }
}

const imageOf = (layers: readonly Layer[]): FoundImage => ({
  manifest: { mediaType: '', digest: '', size: 0 },
  layers,
})

type World = {
  readonly snapshotter: PromiseSnapshotter
  readonly content: Content
  readonly records: readonly Recorded[]
}

const inWorld = async (run: (world: World) => Promise<void>): Promise<void> => {
  const content = memoryContent()
  const options = { store: memoryStore(), backend: fakeBackend({}), content, codecs: nodeCodecs() }
  const snapshotter = await openSnapshotter(options)
  const records: Recorded[] = []
  snapshotter.events$.subscribe((record) => records.push(record))
  try {
    await run({ snapshotter, content, records })
  } finally {
    await snapshotter.close()
  }
}

const count = (records: readonly Recorded[], type: Recorded['type']): number =>
  records.filter((record) => record.type === type).length

const namesIn = async (snapshotter: PromiseSnapshotter): Promise<readonly string[]> => {
  const names: string[] = []
  for await (const { name } of snapshotter.walk()) names.push(name)
  return names.toSorted()
}

const chainOf = (layers: readonly Layer[]): Promise<string> =>
  orThrow(async () => chainId(layers.map(({ diffId }) => diffId)))

const messageOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'nothing was refused',
    (error: Error) => error.message,
  )

test('an image asked for many times at once is unpacked once, under its chain ids', () =>
  inWorld(async ({ snapshotter, content, records }) => {
    const layers = [await putLayer(content, 'a'), await putLayer(content, 'b'), await putLayer(content, 'c')]
    const { unpack } = unpackerOf(snapshotter)
    const answers = await Promise.all(Array.from({ length: 5 }, () => unpack(imageOf(layers))))
    const chains = await Promise.all([1, 2, 3].map((length) => chainOf(layers.slice(0, length))))
    for (const answer of answers) assert.equal(answer, chains)
    assert.is(count(records, 'ApplyAccepted'), 3)
    assert.is(count(records, 'PrepareAccepted'), 3)
    assert.equal(await namesIn(snapshotter), chains.toSorted())
  }))

test('images that share layers share them also while they are under way', () =>
  inWorld(async ({ snapshotter, content, records }) => {
    const [base, b, c] = [await putLayer(content, 'a'), await putLayer(content, 'b'), await putLayer(content, 'c')]
    const { unpack } = unpackerOf(snapshotter)
    await Promise.all([unpack(imageOf([base, b])), unpack(imageOf([base, c])), unpack(imageOf([base]))])
    assert.is(count(records, 'Applied'), 3)
    for (const layers of [[base], [base, b], [base, c]])
      assert.is((await snapshotter.stat(await chainOf(layers))).kind, 'Committed')
  }))

test('what is there is not unpacked again, by another unpacker neither', () =>
  inWorld(async ({ snapshotter, content, records }) => {
    const image = imageOf([await putLayer(content, 'a'), await putLayer(content, 'b')])
    await unpackerOf(snapshotter).unpack(image)
    const before = records.length
    await unpackerOf(snapshotter).unpack(image)
    assert.is(records.length, before)
  }))

test('a layer that is not what the image says leaves nothing, and everyone who waits is told', () =>
  inWorld(async ({ snapshotter, content }) => {
    const [a, b] = [await putLayer(content, 'a'), await putLayer(content, 'b')]
    const wrong = imageOf([a, { ...b, diffId: a.diffId }])
    const { unpack } = unpackerOf(snapshotter)
    const told = await Promise.all([messageOf(unpack(wrong)), messageOf(unpack(wrong))])
    for (const message of told) assert.match(message, `wrong diff id: the image says ${a.diffId}`)
    assert.equal(await namesIn(snapshotter), [a.diffId])
  }))

test('an image whose layer was missing can be asked for again once it is there', () =>
  inWorld(async ({ snapshotter, content }) => {
    const b = await putLayer(memoryContent(), 'b')
    const image = imageOf([await putLayer(content, 'a'), b])
    const { unpack } = unpackerOf(snapshotter)
    assert.match(await messageOf(unpack(image)), /not found$/)
    await putLayer(content, 'b')
    const chains = await unpack(image)
    await snapshotter.view('look', { parent: chains[1] ?? '' })
    const { files } = await snapshotter.attach('look')
    assert.is(new TextDecoder().decode(await files.read('b')), 'content of b')
    assert.is(new TextDecoder().decode(await files.read('a')), 'content of a')
  }))

test.run()
