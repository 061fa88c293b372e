import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Snapshotter } from '@varve/core'
import {
  backendFault,
  failedPrecondition,
  notFound,
  storeFault,
  type Attachment,
  type Backend,
  type EventStore,
  type Info,
  type Result,
  type StoreFault,
} from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Wrapped } from '../src/simulate/running.js'
import type { Chances } from '../src/simulate/faults.js'
import { playBroken } from './support/simulations.js'

/** A log that holds something else than it was given. */
const rewriting =
  (rewrite: (text: string) => string): NonNullable<Wrapped['store']> =>
  (store) => ({
    ...store,
    append: (expected, records, rows) =>
      store.append(
        expected,
        records.map((record) => ({ ...record, text: rewrite(record.text) })),
        rows,
      ),
  })

const facing =
  (change: (snapshotter: Snapshotter) => Partial<Snapshotter>): NonNullable<Wrapped['snapshotter']> =>
  (snapshotter) => ({ ...snapshotter, ...change(snapshotter) })

const performing =
  (execute: (backend: Backend, ...args: Parameters<Backend['execute']>) => ReturnType<Backend['execute']>) =>
  (backend: Backend): Backend => ({ ...backend, execute: (...args) => execute(backend, ...args) })

const empty = new Uint8Array(0)

/** What is broken, and which checker has to see it. */
type Broken = Wrapped & {
  readonly checker: string
  readonly is: string
  readonly chances?: Chances
  /** The first seed that is tried; default 1. */
  readonly from?: number
}

const broken: readonly Broken[] = [
  {
    checker: 'records follow one another',
    is: 'a log whose clock is not monotone',
    store: rewriting((text) => text.replace(/"at":"2023(.*"type":"Prepared")/, '"at":"1970$1')),
  },
  {
    checker: 'ids are never reused',
    is: 'ids that are given twice',
    store: rewriting((text) => text.replace(/("PrepareAccepted","data":{"id":)\d+/, '$11')),
  },
  {
    checker: 'parents are there and committed',
    is: 'a parent that is not there',
    store: rewriting((text) => text.replace(/("PrepareAccepted".*"parent":")\w+"/, '$1nobody"')),
  },
  {
    checker: 'only what is allowed is accepted',
    is: 'an attach of what is not there',
    store: rewriting((text) => text.replace(/("AttachAccepted".*"key":")\w+"/, '$1nobody"')),
  },
  {
    checker: 'every outcome was asked for',
    is: 'an outcome of another intent',
    store: rewriting((text) => text.replace(/("type":"Prepared".*"cause":{"id":")\d+"/, '$1999"')),
  },
  {
    checker: 'what was answered is recorded',
    is: 'an answer without a record',
    snapshotter: facing(() => ({ prepare: () => TE.right([]) })),
  },
  {
    checker: 'what was refused left no trace',
    is: 'a refusal of what was done',
    snapshotter: facing(({ prepare }) => ({
      prepare: (key, options) => async () => {
        await prepare(key, options)()
        return E.left(notFound(key))
      },
    })),
  },
  {
    checker: 'refusals are true',
    is: 'a remove of what is there that finds nothing',
    snapshotter: facing(() => ({ remove: (key) => TE.left(notFound(key)) })),
  },
  {
    checker: 'preconditions fail rightly',
    is: 'an attach that is refused although nothing stands in its way',
    snapshotter: facing(() => ({ attach: (key) => TE.left(failedPrecondition(`snapshot ${key}`)) })),
  },
  {
    checker: 'queries show what is recorded',
    is: 'a stat that shows no labels',
    snapshotter: facing(({ stat }) => ({
      stat: (key) =>
        TE.map((info: Info) => ({
          ...info,
          labels: {},
        }))(stat(key)),
    })),
  },
  {
    checker: 'walk shows what is recorded',
    is: 'a walk that shows nothing',
    snapshotter: facing(() => ({ walk: async function* () {} })),
  },
  {
    checker: 'child counts agree',
    is: 'a removal that would be accepted with children',
    snapshotter: facing(() => ({ plan: () => TE.right({ events: [], intents: [], blockers: [] }) })),
  },
  {
    checker: 'the disk is what the log says',
    is: 'a destroy that does nothing',
    // In the first run the log is opened anew before it rests, and what was left is moved away.
    from: 2,
    backend: performing((backend, intent, options) =>
      intent.type === 'DestroyLayer' ? TE.right({ type: 'LayerDestroyed' }) : backend.execute(intent, options),
    ),
  },
  {
    checker: 'nothing acknowledged is missing',
    is: 'a file that is written empty',
    backend: (backend) => ({
      ...backend,
      files: (layer) => {
        const { path, files } = backend.files(layer)
        return { path, files: { ...files, write: (at) => files.write(at, empty) } }
      },
    }),
  },
  {
    checker: 'committed layers never change',
    is: 'an attach that writes to the parent',
    backend: (backend, disk) => ({
      ...backend,
      execute: (intent, options) => {
        if (intent.type === 'AttachLayer' && intent.parents[0] !== undefined)
          disk.write(`snapshots/${intent.parents[0]}/Files/mark`, Uint8Array.of(1))
        return backend.execute(intent, options)
      },
    }),
  },
  {
    checker: 'sidecars say what is recorded',
    is: 'a seal that empties the sidecar',
    backend: (backend, disk) => ({
      ...backend,
      execute: (intent, options) =>
        TE.map((result: Result) => {
          if (intent.type === 'SealLayer') disk.write(`meta/${intent.layer}.json`, empty)
          return result
        })(backend.execute(intent, options)),
    }),
  },
  {
    checker: 'a view shows what was acknowledged',
    is: 'a view that shows nothing',
    snapshotter: facing(({ attach }) => ({
      attach: (key, options) =>
        TE.map(({ path, files }: Attachment) => ({
          path,
          files: key === 'audit' ? { ...files, read: (at: string) => TE.left(notFound(at)) } : files,
        }))(attach(key, options)),
    })),
  },
  {
    checker: 'everything ends',
    is: 'a seal that never ends',
    backend: performing((backend, intent, options) =>
      intent.type === 'SealLayer' ? () => new Promise(() => undefined) : backend.execute(intent, options),
    ),
  },
  {
    checker: 'everything ends',
    is: 'a destroy that always fails',
    backend: performing((backend, intent, options) =>
      intent.type === 'DestroyLayer' ? TE.left(backendFault('no', 0x80070005)) : backend.execute(intent, options),
    ),
  },
  {
    checker: 'nothing throws',
    is: 'a query that throws',
    snapshotter: facing(() => ({
      stat: () => () => {
        throw new Error('thrown')
      },
    })),
  },
  {
    checker: 'damage is refused',
    is: 'a lost end that is called something else',
    chances: { lostTail: 0.01 },
    store: (store) => ({
      ...store,
      open: () =>
        TE.mapLeft(({ message, code }: StoreFault) => storeFault(message, code === 'RECORDS_LOST' ? 'EIO' : code))(
          store.open(),
        ),
    }),
  },
  {
    checker: 'one process at a time',
    is: 'a log that is said to be away when it is in use',
    chances: { secondProcess: 0.01 },
    store: (store) => ({
      ...store,
      open: () => TE.mapLeft(({ message }: StoreFault) => storeFault(message, 'ENOENT'))(store.open()),
    }),
  },
  {
    checker: 'it opens again',
    is: 'a log that can be opened once',
    chances: { crash: 0.01 },
    store: openedOnce(),
  },
  {
    checker: 'it closes',
    is: 'a log that does not close',
    store: (store) => ({ ...store, close: () => TE.left(storeFault('it does not close', 'EIO')) }),
  },
]

function openedOnce(): (store: EventStore) => EventStore {
  let opened = 0
  return (store) => ({
    ...store,
    open: () => (opened++ % 2 === 0 ? store.open() : TE.left(storeFault('no', 'ONCE'))),
  })
}

const seedsTried = 12

for (const { checker, is, chances, from = 1, ...wrap } of broken)
  test(`"${checker}" sees ${is}`, async () => {
    for (let seed = from; seed < from + seedsTried; seed++) {
      const { verdict } = await playBroken(seed, wrap, chances)
      if (verdict === 'held') continue
      return assert.is(verdict.checker, checker, `seed ${seed}: ${verdict.message}`)
    }
    throw new Error(`it was not seen in ${seedsTried} runs`)
  })

test.run()
