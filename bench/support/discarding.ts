import * as E from 'fp-ts/lib/Either.js'
import { notFound, type BlobInfo, type Content, type ContentWriter } from '@varve/core'

const noDigest = `sha256:${'0'.repeat(64)}`

/** Counts what is written to it and drops it, as a pipe into a digest does. */
export const discardingContent = (): Content => ({
  info: (digest) => async () => E.left(notFound(`blob ${digest}`)),
  read: async function* (digest) {
    yield E.left(notFound(`blob ${digest}`))
  },
  writer: () => async () => {
    let size = 0
    const writer: ContentWriter = {
      write: (bytes) => async () => {
        size += bytes.length
        return E.right(undefined)
      },
      commit:
        ({ digest = noDigest, labels = {} }) =>
        async () =>
          E.right({ digest, size, labels } satisfies BlobInfo),
      abort: () => async () => E.right(undefined),
    }
    return E.right(writer)
  },
  label: (digest) => async () => E.left(notFound(`blob ${digest}`)),
})
