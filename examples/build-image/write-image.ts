import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { imageOf, type Image, type ImageBlob, type ImageLayer, type RunConfig } from '@varve/core'
import type { PromiseSnapshotter } from '@varve/core/promise'
import type { DirectoryContent } from '@varve/store-level'
import type { BuiltLayer } from './layers.js'

/** The name of the image in its layout. */
export const imageRef = 'latest'

/** Windows Server 2022. Hosts compare the first three numbers with their own. */
const osVersion = '10.0.20348.0'

/** containerd's label for the digest of a compressed layer's tar. */
const uncompressedLabel = 'containerd.io/uncompressed'

/** What a port answers, or its error thrown. */
export const orThrow = async <F extends { readonly message: string }, R>(task: TaskEither<F, R>): Promise<R> => {
  const result = await task()
  if (E.isLeft(result)) throw Object.assign(new Error(result.left.message), result.left)
  return result.right
}

type Writing = {
  readonly snapshotter: PromiseSnapshotter
  readonly content: DirectoryContent
  /** Seconds since 1970: the time of the image and of everything in it. */
  readonly epoch: number
}

/** What a committed snapshot changed of its parent, as a blob: both are shown to compare as views, which are removed again. */
const exportLayer = async (
  { snapshotter, content, epoch }: Writing,
  { name, createdBy }: BuiltLayer,
  parent: string,
): Promise<ImageLayer> => {
  const keys = { lower: `${name}-parent-view`, upper: `${name}-view` }
  const lower = await snapshotter.view(keys.lower, { parent })
  const upper = await snapshotter.view(keys.upper, { parent: name })
  // The ref is the same in every run, so that what a run that was cut left behind is taken over.
  const ref = `build-image-${name}`
  const { mediaType, digest, size } = await snapshotter.compare(lower, upper, { sourceDateEpoch: epoch, ref })
  for (const key of [keys.upper, keys.lower]) await snapshotter.remove(key)
  const { labels } = await orThrow(content.info(digest))
  return { descriptor: { mediaType, digest, size }, diffId: labels[uncompressedLabel] ?? digest, createdBy }
}

const writeBlob = async (content: DirectoryContent, { descriptor, bytes }: ImageBlob): Promise<void> => {
  const { digest, size } = descriptor
  const writer = await orThrow(content.writer(`build-image-${digest}`))
  await orThrow(writer.write(bytes))
  await orThrow(writer.commit({ digest, size }))
}

const written = (seconds: number): string => `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`

/** Exports the layers and writes the documents; the index comes last, so that an image that is named is whole. */
export const writeImage = async (
  writing: Writing,
  layers: readonly BuiltLayer[],
  config: RunConfig,
): Promise<Image & { readonly layers: readonly ImageLayer[] }> => {
  const blobs: ImageLayer[] = []
  for (const [index, layer] of layers.entries()) {
    blobs.push(await exportLayer(writing, layer, layers[index - 1]?.name ?? ''))
  }
  const options = { osVersion, created: written(writing.epoch), ref: imageRef, config }
  const image = await orThrow(async () => imageOf(blobs, options))
  for (const blob of [image.config, image.manifest]) await writeBlob(writing.content, blob)
  await orThrow(writing.content.setIndex(image.index.bytes))
  return { ...image, layers: blobs }
}
