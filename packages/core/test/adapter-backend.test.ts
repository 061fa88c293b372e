import * as E from 'fp-ts/lib/Either.js'
import { driverBackend, type Driver, type Operation, type StreamOptions } from '@varve/core/adapter'
import {
  backendFault,
  invalidArgument,
  notFound,
  type Backend,
  type BackendMend,
  type FilesError,
  type Found,
  type Intent,
  type Progress,
  type SealLayer,
  type Sidecar,
} from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ok, refused } from './support/runtime.js'

type Answers = Partial<Record<Operation, (...args: readonly unknown[]) => unknown>>

const isLeft = (found: unknown): found is E.Left<FilesError> =>
  typeof found === 'object' && found !== null && '_tag' in found && found._tag === 'Left'

/** A backend over a driver that answers what a test says, and what was asked of it. */
const rig = (answers: Answers = {}, start: () => E.Either<FilesError, void> = () => E.right(undefined)) => {
  const asked: string[] = []
  const driver: Driver = {
    call: async (name, args, options) => {
      asked.push(name)
      options?.progress?.({ files: 1, bytes: 2 })
      const found = await answers[name]?.(...args)
      return isLeft(found) ? found : E.right((found ?? []) as never)
    },
    stream: async function* ({ length }, { signal, progress }: StreamOptions) {
      progress?.({ files: 3, bytes: 4 })
      for (let at = 0; signal?.aborted !== true; at++) yield E.right(Uint8Array.of(at, length))
      yield E.left(backendFault('stopped', 0x80004004))
    },
    end: async () => void asked.push('end'),
  }
  const backend = driverBackend({
    layout: { root: 'C:\\layers', separator: '\\' },
    supports: { readOnlyViews: true },
    start: async () => {
      asked.push('start')
      const started = start()
      return E.isLeft(started) ? E.left(backendFault(started.left.message, 1)) : E.right(driver)
    },
    contentPath: ({ id }) => `C:\\layers\\mounts\\${id}`,
    ...('mend' in answers ? { remakes: [] } : {}),
  })
  return { backend, asked }
}

const owner = { log: 'a log', unclaimed: async () => [] }
const intent: Intent = { type: 'DestroyLayer', id: '7', layer: 3 } as never
const execute = (backend: Backend, asked: Intent, progress: (progress: Progress) => void = () => undefined) =>
  backend.execute(asked, { signal: new AbortController().signal, progress })
const run = (backend: Backend, progress?: (progress: Progress) => void) => execute(backend, intent, progress)

const filesOf = (backend: Backend) => backend.files({ id: 3, kind: 'Active', isParentless: false })

test('opening claims the root, asks which layers have no record, and moves those', async () => {
  const found = [{ id: 4, retired: false }]
  const moved: unknown[] = []
  const { backend, asked } = rig({
    claim: (log) => (log === 'a log' ? found : []),
    quarantine: (layers) => (moved.push(layers), ['4-1']),
  })
  const opened = await ok(backend.open({ log: 'a log', unclaimed: async (layers) => layers }))
  assert.equal(opened, { quarantined: ['4-1'] })
  assert.equal(moved, [found])
  assert.equal(asked, ['start', 'claim', 'quarantine'])
})

test('an opening that fails ends the driver, and can be made again', async () => {
  let isOurs = false
  const { backend, asked } = rig({ claim: () => (isOurs ? [] : E.left(backendFault('another log', 0x800700b7))) })
  assert.is((await refused(backend.open(owner))).message, 'another log')
  assert.equal(asked, ['start', 'claim', 'end'])
  assert.is((await refused(run(backend)))._tag, 'BackendFault')
  isOurs = true
  await ok(backend.open(owner))
  isOurs = false
  await refused(backend.open(owner))
  await ok(run(backend))
  assert.is(asked.filter((name) => name === 'end').length, 1, 'one that was open before stays so')
})

test('a driver that can not be started, and an owner that can not tell, are BackendFaults', async () => {
  assert.is((await refused(rig({}, () => E.left(notFound('koffi'))).backend.open(owner))).message, 'koffi: not found')
  const { backend } = rig()
  const fault = await refused(backend.open({ log: 'a', unclaimed: () => Promise.reject(new Error('no log')) }))
  assert.match(fault.message, 'no log')
})

test('before the opening and after the close nothing can be asked', async () => {
  const { backend, asked } = rig()
  const { path, files } = filesOf(backend)
  assert.is(path, 'C:\\layers\\mounts\\3')
  for (const prepare of [() => undefined, () => ok(backend.open(owner)).then(() => ok(backend.close()))]) {
    await prepare()
    asked.length = 0
    assert.is((await refused(run(backend)))._tag, 'BackendFault')
    const fault = await refused(backend.usage(3))
    assert.equal([fault._tag, fault.code], ['BackendFault', 0x80070015])
    assert.is((await refused(files.read('a')))._tag, 'FailedPrecondition')
    const options = { signal: new AbortController().signal, progress: () => undefined }
    for await (const chunk of backend.exportLayer({ id: 3, parents: [] }, options)) assert.ok(E.isLeft(chunk))
    assert.equal(asked, [])
  }
  await ok(backend.close())
})

for (const again of ['opened again', 'closed'] as const)
  test(`${again}, what is under way ends first`, async () => {
    let finish: (() => void) | undefined
    const { backend, asked } = rig({ perform: () => new Promise<void>((resolve) => (finish = resolve)) })
    await ok(backend.open(owner))
    asked.length = 0
    const running = run(backend)()
    const after = ok<unknown>(again === 'closed' ? backend.close() : backend.open(owner))
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    assert.equal(asked, ['perform'])
    finish?.()
    await after
    assert.ok(E.isRight(await running))
    assert.equal(asked, again === 'closed' ? ['perform', 'end'] : ['perform', 'claim', 'quarantine'])
  })

test('an export whose reader does not come back does not hold up the close', async () => {
  const { backend } = rig()
  await ok(backend.open(owner))
  const options = { signal: new AbortController().signal, progress: () => undefined }
  const reader = backend.exportLayer({ id: 3, parents: [] }, options)[Symbol.asyncIterator]()
  assert.equal(await reader.next(), { done: false, value: E.right(Uint8Array.of(0, 2)) })
  await ok(backend.close())
  assert.equal(await reader.next(), { done: false, value: E.left(backendFault('stopped', 0x80004004)) })
})

test("progress names the intent and its layer, an export's no intent", async () => {
  const { backend } = rig()
  await ok(backend.open(owner))
  const reports: Progress[] = []
  await ok(run(backend, (progress) => reports.push(progress)))
  const options = { signal: new AbortController().signal, progress: (progress: Progress) => reports.push(progress) }
  for await (const chunk of backend.exportLayer({ id: 5, parents: [] }, options)) if (E.isRight(chunk)) break
  assert.equal(reports, [
    { intent: '7', layer: 3, files: 1, bytes: 2 },
    { intent: '', layer: 5, files: 3, bytes: 4 },
  ])
})

test('what an intent and a count may not fail with becomes a fault', async () => {
  const lost = () => E.left(notFound('layer 3'))
  const { backend } = rig({ perform: lost, usage: lost, read: lost })
  await ok(backend.open(owner))
  for (const task of [run(backend), backend.usage(3)])
    assert.equal(await refused<FilesError>(task), backendFault('layer 3: not found', 0x80070057))
  assert.equal(await refused(filesOf(backend).files.read('a')), notFound('layer 3'))
})

const seal: SealLayer = {
  type: 'SealLayer',
  id: '7',
  layer: 3,
  key: 'work',
  name: 'done',
  parents: [2, 1],
  madeParentless: false,
  purpose: 'scratch',
  applied: false,
  labels: {},
  profile: 'bind',
}
const active: Sidecar = {
  id: 3,
  kind: 'Active',
  name: 'work',
  parents: [2, 1],
  purpose: 'scratch',
  profile: 'bind',
  labels: { a: 'b' },
}
const noted: Sidecar = { ...active, kind: 'Committed', name: 'done' }

/** Runs a seal that fails; answers its failure and what was written. `there`: the sidecar that it left. */
const failedSeal = async (there: Sidecar | undefined, intended: SealLayer, answers: Answers = {}) => {
  const mends: BackendMend[] = []
  const { backend } = rig({
    perform: () => E.left(backendFault('no space is left', 0x80070070)),
    look: (found) => ({ ...(found as Found), log: there && 'a log', sidecar: there }),
    mend: (asked) => void mends.push(asked as BackendMend),
    ...answers,
  })
  await ok(backend.open(owner))
  return { failure: await refused(execute(backend, intended)), mends }
}

test('a layer whose seal failed is Active by its sidecar, too', async () => {
  const written = (sidecar: Sidecar) => [{ type: 'WriteSidecar', log: 'a log', sidecar }]
  const { failure, mends } = await failedSeal(noted, seal)
  assert.equal(failure, backendFault('no space is left', 0x80070070))
  assert.equal(mends, written(active))
  assert.equal((await failedSeal({ ...noted, kind: 'Active' }, seal)).mends, written(active))
  const gained = await failedSeal(noted, { ...seal, madeParentless: true })
  assert.equal(gained.mends, written({ ...active, parents: [] }))
  for (const there of [active, undefined]) assert.equal((await failedSeal(there, seal)).mends, [])
  const refusal = await failedSeal(noted, seal, {
    perform: () => E.left(invalidArgument('names', [], 'must not fold together')),
  })
  assert.equal([refusal.failure._tag, refusal.mends.length], ['InvalidArgument', 1])
  assert.equal(
    await failedSeal(noted, seal, { perform: () => ({ type: 'LayerSealed' }) }).catch(() => 'sealed'),
    'sealed',
  )
})

test('a sidecar that can not be mended is told of', async () => {
  for (const name of ['look', 'mend'] as const) {
    const { failure } = await failedSeal(noted, seal, { [name]: () => E.left(backendFault('access denied', 5)) })
    assert.match(failure.message, /^no space is left; meta\/3\.json may say .+ \(access denied\)/)
  }
})

test.run()
