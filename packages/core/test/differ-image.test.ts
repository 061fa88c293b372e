import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { imageOf, type Image, type ImageBlob, type ImageLayer, type ImageOptions } from '../src/differ/image.js'
import { gzipLayerMediaType, layerMediaType } from '../src/differ/media-types.js'

const digestOf = (content: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`

const layer = (name: string): ImageLayer => ({
  descriptor: { mediaType: gzipLayerMediaType, digest: digestOf(`${name}.gz`), size: 1_234 },
  diffId: digestOf(name),
  createdBy: `COPY ${name}`,
})

const layers = [layer('base'), layer('child')]
const options: ImageOptions = { osVersion: '10.0.20348.2227', created: '2024-05-06T07:08:09Z', ref: 'latest' }

const made = (given: readonly ImageLayer[], chosen: ImageOptions): Image => {
  const image = imageOf(given, chosen)
  if (E.isLeft(image)) throw new Error(image.left.message)
  return image.right
}

const parsed = ({ bytes }: ImageBlob): unknown => JSON.parse(new TextDecoder().decode(bytes))

test('the documents are those of a Windows image', () => {
  const image = made(layers, { ...options, config: { Cmd: ['app.exe'], Env: ['A=1'], WorkingDir: 'C:\\app' } })
  const platform = { architecture: 'amd64', os: 'windows', 'os.version': '10.0.20348.2227' }
  assert.equal(parsed(image.config), {
    created: options.created,
    ...platform,
    config: { Env: ['A=1'], Cmd: ['app.exe'], WorkingDir: 'C:\\app' },
    rootfs: { type: 'layers', diff_ids: [digestOf('base'), digestOf('child')] },
    history: [
      { created: options.created, created_by: 'COPY base' },
      { created: options.created, created_by: 'COPY child' },
    ],
  })
  assert.equal(parsed(image.manifest), {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: image.config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  })
  assert.equal(parsed(image.index), {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      { ...image.manifest.descriptor, platform, annotations: { 'org.opencontainers.image.ref.name': 'latest' } },
    ],
  })
})

test('every descriptor names its bytes', () => {
  const { index, manifest, config } = made(layers, options)
  for (const { descriptor, bytes } of [index, manifest, config]) {
    assert.is(descriptor.digest, digestOf(bytes))
    assert.is(descriptor.size, bytes.length)
  }
  assert.is(config.descriptor.mediaType, 'application/vnd.oci.image.config.v1+json')
})

test('the same input gives the same bytes, whatever the order of its fields', () => {
  const one = { ...options, config: { Cmd: ['é'], User: 'ContainerUser', Labels: { b: '2', a: '1' } } }
  const other: ImageOptions = {
    config: { Labels: { a: '1', b: '2' }, User: 'ContainerUser', Cmd: ['é'] },
    ref: options.ref,
    created: options.created,
    osVersion: options.osVersion,
  }
  const flipped = layers.map(({ descriptor: { size, digest, mediaType }, diffId, createdBy }) => {
    return { createdBy, diffId, descriptor: { size, digest, mediaType, extra: true } }
  })
  assert.equal(made(layers, one), made(flipped, other))
})

test('a change of anything changes the image', () => {
  const changed: readonly (readonly [readonly ImageLayer[], ImageOptions])[] = [
    [layers, options],
    [layers.toReversed(), options],
    [layers.slice(1), options],
    [layers, { ...options, osVersion: '10.0.17763.1' }],
    [layers, { ...options, created: '2024-05-06T07:08:10Z' }],
    [layers, { ...options, ref: 'other' }],
    [layers, { ...options, config: { Cmd: [] } }],
  ]
  const digests = changed.map(([given, chosen]) => made(given, chosen).index.descriptor.digest)
  assert.is(new Set(digests).size, changed.length)
})

test('a layer that is not compressed has one digest', () => {
  const digest = digestOf('base')
  const descriptor = { mediaType: layerMediaType, digest, size: 1 }
  assert.ok(E.isRight(imageOf([{ descriptor, diffId: digest, createdBy: '' }], options)))
})

const [base] = layers as [ImageLayer]
const withDescriptor = (fields: object): readonly ImageLayer[] => [
  base,
  { ...base, descriptor: { ...base.descriptor, ...fields } },
]

const refused: readonly (readonly [field: string, given: readonly ImageLayer[], chosen: ImageOptions])[] = [
  ['layers', [], options],
  ['layers[1].descriptor.mediaType', withDescriptor({ mediaType: 'application/x-tar' }), options],
  ['layers[1].descriptor.digest', withDescriptor({ digest: 'sha256:00' }), options],
  ['layers[1].descriptor.size', withDescriptor({ size: -1 }), options],
  ['layers[1].descriptor.size', withDescriptor({ size: 1.5 }), options],
  ['layers[1].diffId', [base, { ...base, diffId: '' }], options],
  ['layers[1].diffId', withDescriptor({ mediaType: layerMediaType }), options],
  ...['', '10.0.20348', '10.0.20348.2227-x', 'ltsc2022'].map(
    (osVersion) => ['osVersion', layers, { ...options, osVersion }] as const,
  ),
  ...['', '2024-05-06', '2024-05-06 07:08:09Z', '2024-13-06T07:08:09Z', '2024-05-06T24:00:00Z', '1714979289'].map(
    (created) => ['created', layers, { ...options, created }] as const,
  ),
  ...['', ':', 'a b', 'a//b', '/a', 'a-', 'a..b'].map((ref) => ['ref', layers, { ...options, ref }] as const),
]

test('what makes no image is refused by its name', () => {
  for (const [field, given, chosen] of refused) {
    const found = imageOf(given, chosen)
    assert.ok(E.isLeft(found), `${field} of ${JSON.stringify(chosen)}`)
    assert.is(found.left.field, field)
    assert.match(found.left.message, / must .*; found .*: invalid argument$/)
  }
})

test('times and names that are in use are taken', () => {
  for (const created of ['2024-05-06T07:08:09.123456789Z', '2024-02-29T00:00:00+02:00'])
    assert.ok(E.isRight(imageOf(layers, { ...options, created })), created)
  for (const ref of ['1', 'v1.2.3', 'app/web:1.2', 'docker.io/library/app:latest', 'a--b', 'x_y@z'])
    assert.ok(E.isRight(imageOf(layers, { ...options, ref })), ref)
})

test('a long name that is no reference is refused at once', () => {
  const started = performance.now()
  assert.ok(E.isLeft(imageOf(layers, { ...options, ref: `${'a'.repeat(100_000)}!` })))
  assert.ok(E.isLeft(imageOf(layers, { ...options, ref: `${'a-'.repeat(50_000)}!` })))
  assert.ok(performance.now() - started < 1_000)
})

test.run()
