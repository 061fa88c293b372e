import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { InvalidArgument, StoreFault } from '../src/model/fault.js'
import type { Labels } from '../src/model/snapshot.js'
import type { BlobInfo, Content, ContentWriter } from '../src/runtime/ports.js'
import { equal, ok } from './assert.js'
import { bytesIn, chunked, collected, digestOf, joined, noise, sameBytes, textOf } from './bytes.js'
import { type Case, caseOf } from './case.js'
import { left, right } from './ports.js'
import type { ContentSubject } from './subject.js'

type BlobCase = Case<ContentSubject>

const blobCase = (name: string, body: (subject: ContentSubject) => Promise<void>): BlobCase =>
  caseOf(`content/${name}`, body)

const writerOf = (content: Content, ref: string): Promise<ContentWriter> => right(`writer ${ref}`, content.writer(ref))

const put = async (
  content: Content,
  bytes: Uint8Array,
  { chunkSize = 100_000, labels = {}, ref = 'put' }: { chunkSize?: number; labels?: Labels; ref?: string } = {},
): Promise<BlobInfo> => {
  const writer = await writerOf(content, ref)
  for (const chunk of chunked(bytes, chunkSize)) await right('write', writer.write(chunk))
  return right('commit', writer.commit({ labels }))
}

const isAbsent = async (what: string, content: Content, digest: string): Promise<void> => {
  await left(`${what}: info`, content.info(digest), 'NotFound')
  const { bytes, left: failure } = await collected(content.read(digest))
  equal(`${what}: read`, [bytes.length, failure?._tag], [0, 'NotFound'])
  await left(`${what}: label`, content.label(digest, { a: 'b' }), 'NotFound')
}

const anyChunks = blobCase('a blob comes back as it was written, in whatever chunks', async ({ content }) => {
  for (const length of [0, 1, 511, 2 ** 18 - 1, 2 ** 18, 2 ** 18 + 1, 1_500_000])
    for (const chunkSize of [length < 1_000 ? 1 : 1_000, 65_536, 2 ** 18, 2 ** 21]) {
      const bytes = noise(length)
      const what = `${length} bytes in chunks of ${chunkSize}`
      const digest = await digestOf(bytes)
      const info = await put(content, bytes, { chunkSize })
      equal(`${what}: commit`, info, { digest, size: length, labels: {} })
      equal(`${what}: info`, await right('info', content.info(digest)), info)
      sameBytes(what, await bytesIn(what, content.read(digest)), bytes)
    }
})

const digests: readonly (readonly [text: string, digest: string])[] = [
  ['', 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['a'.repeat(1_000_000), 'sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
]

const names = blobCase('blobs are named by their SHA-256', async ({ content }) => {
  for (const [text, digest] of digests)
    equal(`${text.length} bytes`, (await put(content, new TextEncoder().encode(text))).digest, digest)
})

const givenBack = blobCase('chunks that a reader gives back come again with other bytes', async ({ content }) => {
  const bytes = noise(3_000_000)
  const { digest } = await put(content, bytes)
  const spent: Uint8Array[] = []
  const parts: Uint8Array[] = []
  for await (const chunk of content.read(digest, { spent: () => spent.pop() })) {
    if (chunk._tag === 'Left') throw new Error(chunk.left.message)
    parts.push(chunk.right.slice())
    spent.push(chunk.right.fill(0xff), new Uint8Array(7))
  }
  sameBytes('the blob', joined(...parts), bytes)
  sameBytes('read again', await bytesIn('read', content.read(digest)), bytes)
})

const reused = blobCase('a buffer may be used again once its write was answered', async ({ content }) => {
  const bytes = noise(1_000)
  const buffer = bytes.slice()
  const writer = await writerOf(content, 'ref')
  await right('write', writer.write(buffer))
  buffer.fill(0)
  const { digest } = await right('commit', writer.commit({}))
  sameBytes('the blob', await bytesIn('read', content.read(digest)), bytes)
})

const owned = blobCase('a chunk that was read belongs to its reader', async ({ content }) => {
  const bytes = noise(1_000_000)
  const { digest } = await put(content, bytes)
  let transferred = 0
  for await (const chunk of content.read(digest)) {
    if (chunk._tag === 'Left') throw new Error(`read: expected a Right, found ${JSON.stringify(chunk.left)}`)
    ok('a chunk is of a bearable size', chunk.right.length <= 2 ** 20, chunk.right.length)
    transferred += structuredClone(chunk.right, { transfer: [chunk.right.buffer] }).length
  }
  equal('bytes that were transferred', transferred, bytes.length)
  sameBytes('read again', await bytesIn('read', content.read(digest)), bytes)
})

const leaving = blobCase('the loop over a blob may be left, and several may run at once', async ({ content }) => {
  const bytes = noise(1_000_000)
  const { digest } = await put(content, bytes)
  for await (const chunk of content.read(digest)) if (chunk._tag === 'Right') break
  const read = (): Promise<Uint8Array> => bytesIn('read', content.read(digest))
  for (const found of await Promise.all([read(), read(), read()])) sameBytes('each', found, bytes)
})

const labelled = blobCase(
  'labels are set at the commit and afterwards; an empty value deletes',
  async ({ content }) => {
    const { digest, labels } = await put(content, textOf(3), { labels: { b: '2', a: '1', empty: '' } })
    const now = async (): Promise<Labels> => (await right('info', content.info(digest))).labels
    equal('answered', labels, { a: '1', b: '2' })
    equal('at the commit', await now(), { a: '1', b: '2' })
    await right('label', content.label(digest, { b: '', c: 'ü\n"', a: '3' }))
    equal('set, changed and deleted', await now(), { a: '3', c: 'ü\n"' })
    await right('label', content.label(digest, {}))
    equal('left alone', await now(), { a: '3', c: 'ü\n"' })
    await right('label', content.label(digest, { a: '', c: '', never: '' }))
    equal('all deleted', await now(), {})
  },
)

const manyLabels = blobCase('labels that are set at the same time all stay', async (subject) => {
  const { content } = subject
  const { digest } = await put(content, textOf(3))
  const keys = Array.from({ length: 12 }, (_, at) => `key ${at}`)
  const contents = [content, await subject.reopen()]
  await Promise.all(keys.map((key, at) => right(key, (contents[at % 2] ?? content).label(digest, { [key]: `${at}` }))))
  const { labels } = await right('info', content.info(digest))
  equal('keys', Object.keys(labels).sort(), [...keys].sort())
})

const again = blobCase('a blob that is there already gains labels', async ({ content }) => {
  const bytes = textOf(9)
  const first = await put(content, bytes, { labels: { a: '1', b: '1' } })
  const second = await put(content, bytes, { labels: { b: '2', c: '2' } })
  equal('the second commit', second, { ...first, labels: { a: '1', b: '2', c: '2' } })
  equal('info', await right('info', content.info(first.digest)), second)
})

const together = blobCase('one blob written under many refs at the same time', async ({ content }) => {
  const bytes = noise(300_000)
  const refs = Array.from({ length: 8 }, (_, at) => `ref ${at}`)
  const infos = await Promise.all(
    refs.map((ref) => put(content, bytes, { ref, chunkSize: 50_000, labels: { [ref]: 'x' } })),
  )
  const [first] = infos
  equal('digests', new Set(infos.map(({ digest }) => digest)).size, 1)
  const info = await right('info', content.info(first?.digest ?? ''))
  equal('labels', Object.keys(info.labels).sort(), refs)
  sameBytes('the blob', await bytesIn('read', content.read(info.digest)), bytes)
})

const absent = blobCase('what is not there is NotFound, what is no digest too', async ({ content }) => {
  const { digest } = await put(content, textOf(1))
  const hex = digest.slice('sha256:'.length)
  for (const other of [
    `sha256:${'0'.repeat(64)}`,
    '',
    hex,
    `sha256:${hex.toUpperCase()}`,
    `sha512:${hex}`,
    `sha256:${hex.slice(1)}`,
    `sha256:${hex}0`,
    `sha256:../sha256/${hex}`,
    `sha256:${hex}\n`,
    '../../index.json',
    '__proto__',
  ])
    await isAbsent(JSON.stringify(other), content, other)
})

const strangeRefs = [
  'a',
  'A',
  'a/b',
  'a\\b',
  '..',
  '../x',
  '.',
  ' ',
  'con',
  'nul.txt',
  'a.',
  'ü',
  '層',
  '\0',
  '\ud800',
  '\udc00',
  'x'.repeat(4_096),
]

const locked = blobCase('a ref has one writer at a time, whatever its name', async ({ content }) => {
  const writers: ContentWriter[] = []
  for (const ref of strangeRefs) writers.push(await writerOf(content, ref))
  for (const ref of strangeRefs) {
    const fault = await left(`a second writer of ${JSON.stringify(ref)}`, content.writer(ref), 'StoreFault')
    equal('its code', fault.code, 'REF_LOCKED')
  }
  for (const [at, writer] of writers.entries())
    await (at % 2 === 0 ? right('abort', writer.abort()) : right('commit', writer.commit({})))
  for (const ref of strangeRefs) await right('abort', (await writerOf(content, ref)).abort())
})

const badRefs = blobCase('a ref is 1 to 4096 bytes', async ({ content }) => {
  for (const ref of ['', 'x'.repeat(4_097), 'é'.repeat(2_049)]) {
    const fault = await left(`writer of ${ref.length} characters`, content.writer(ref), 'StoreFault')
    equal('its code', fault.code, 'INVALID_REF')
  }
})

const isOver = async (
  what: string,
  tasks: readonly TaskEither<InvalidArgument | StoreFault, unknown>[],
): Promise<void> => {
  for (const task of tasks) {
    const fault = await left(what, task, 'StoreFault')
    equal(`${what}: code`, fault._tag === 'StoreFault' && fault.code, 'WRITER_ENDED')
  }
}

const aborted = blobCase('an abort leaves nothing; a writer that is over does no more', async ({ content }) => {
  const bytes = noise(600_000)
  const writer = await writerOf(content, 'ref')
  await right('write', writer.write(bytes))
  await right('abort', writer.abort())
  await right('abort again', writer.abort())
  await isAbsent('what was aborted', content, await digestOf(bytes))
  await isOver('after the abort', [writer.write(bytes), writer.commit({})])
  const other = await writerOf(content, 'ref')
  const { digest } = await right('commit', other.commit({}))
  equal('the ref begins anew', digest, digests[0]?.[1])
  await isOver('after the commit', [other.write(bytes), other.commit({})])
  await right('abort after the commit', other.abort())
  await right('the blob stays', content.info(digest))
})

const judged = blobCase('a commit that expects something else keeps nothing', async ({ content }) => {
  const bytes = textOf(20)
  const [digest, size] = [await digestOf(bytes), bytes.length]
  const wrongs = [
    ['digest', { digest: `sha256:${'0'.repeat(64)}` }],
    ['digest', { digest: digest.slice(7), size }],
    ['size', { digest, size: size + 1 }],
    ['size', { size: 0 }],
  ] as const
  for (const [field, expected] of wrongs) {
    const writer = await writerOf(content, 'ref')
    await right('write', writer.write(bytes))
    const task = writer.commit({ ...expected, labels: { a: 'b' } })
    const answer = await task()
    equal(
      `commit of ${JSON.stringify(expected)}`,
      answer._tag === 'Left' && { ...answer.left, message: '', value: '' },
      {
        _tag: 'InvalidArgument',
        field,
        message: '',
        value: '',
      },
    )
    await isAbsent('what was not expected', content, digest)
  }
  const writer = await writerOf(content, 'ref')
  await right('write', writer.write(bytes))
  equal('what was expected', await right('commit', writer.commit({ digest, size })), { digest, size, labels: {} })
})

const reopened = blobCase(
  'blobs and labels outlive an opening; what was not committed is never a blob',
  async (subject) => {
    const bytes = noise(700_000)
    const kept = await put(subject.content, bytes, { labels: { a: '1' } })
    const cut = await writerOf(subject.content, 'cut')
    await right('write', cut.write(bytes.subarray(0, 400_000)))
    const content = await subject.reopen()
    equal('info', await right('info', content.info(kept.digest)), kept)
    sameBytes('the blob', await bytesIn('read', content.read(kept.digest)), bytes)
    await isAbsent('what was cut', content, await digestOf(bytes.subarray(0, 400_000)))
    await right('abort', cut.abort())
  },
)

/** What every Content must do. */
export const blobCases: readonly BlobCase[] = [
  anyChunks,
  names,
  givenBack,
  reused,
  owned,
  leaving,
  labelled,
  manyLabels,
  again,
  together,
  absent,
  locked,
  badRefs,
  aborted,
  judged,
  reopened,
]
