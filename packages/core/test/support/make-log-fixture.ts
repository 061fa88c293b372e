/**
 * Makes the recorded log that a test replays: `test/fixtures/<name>.ndjson` and what it leads to, `<name>.state.json`.
 *
 * A fixture is made once and never again: it stands for the logs that users have. When a version is raised in
 * src/log/versions.ts or a type of event is new, keep the old files, extend the history below by what is new, and run in
 * packages/core, after a build:
 *
 *     node dist/test/support/make-log-fixture.js log-v4
 *     npx prettier --write test/fixtures/log-v4.state.json
 *
 * Then name the new one in test/log-fixture.test.ts. Files that are there are never overwritten.
 */
import { writeFileSync } from 'node:fs'
import { evolve, initialState, invalidEntry, type Decided, type Event } from '@varve/core'
import {
  accessDenied,
  applied,
  applyFailed,
  applying,
  attached,
  attachFailed,
  attaching,
  cancelling,
  committed,
  commitFailed,
  committing,
  descriptorOf,
  destroyed,
  detached,
  detachFailed,
  detaching,
  givenUp,
  layer,
  logCreated,
  plainScratch,
  prepared,
  prepareFailed,
  preparing,
  removed,
  removeFailed,
  removing,
  rescued,
  updated,
  usage,
} from './events.js'
import { replayed, sealed } from './logs.js'
import { projectionOf } from './projection.js'
import { decidedAfter } from './spec.js'

const odd = 'k8s.io/12/"é層\u{1f600}\\ \u2028'
const sized = {
  requested: '21474836480',
  requestedBy: 'containerd.io/snapshot/io.microsoft.container.storage.rootfs.size-gb',
  utilityVm: true,
  note: 'label containerd.io/snapshot/io.microsoft.container.storage.rootfs.size-gb is deprecated',
}
const unstorable = {
  _tag: 'InvalidArgument',
  message: 'Files must hold names that Windows tells apart; found "a", "A": invalid argument',
  field: 'Files',
  value: '"a", "A"',
} as const

const layerMediaType = 'application/vnd.oci.image.layer.v1.tar'
const cancelled = { _tag: 'BackendFault', message: 'it was cancelled', code: 0x800704c7 } as const

/** Every type of event, every end of every intent, both profiles, names that JSON escapes, something left of each kind. */
const history: readonly Event[] = [
  logCreated,
  { type: 'Quarantined', data: { directories: ['7', 'rm-3'] } },
  ...layer(1, 'base'),
  ...prepared(2, odd, { parent: 'base', scratch: sized, labels: { [odd]: odd, a: '1' } }, '21475885056'),
  ...attached(2, odd),
  ...detached(2, odd, { size: 2 ** 40, inodes: 0, onDisk: 4_096, scratch: 77 }),
  updated(odd, { a: '2' }),
  attaching(2, odd),
  attachFailed(2, odd),
  ...committed(2, odd, 'middle', { parent: 'base', labels: { done: 'yes' } }),
  preparing(3, 'failed', { parent: 'middle', scratch: plainScratch }),
  prepareFailed(3, 'failed'),
  destroyed(3),
  ...prepared(4, 'extract-1 sha256:x', { parent: 'middle', purpose: 'unpack', profile: 'windows-layer' }),
  committing(4, 'extract-1 sha256:x', 'top', { parent: 'middle', profile: 'windows-layer' }),
  commitFailed(4, 'extract-1 sha256:x', 'top'),
  ...committed(4, 'extract-1 sha256:x', 'top', { parent: 'middle', profile: 'windows-layer' }),
  ...prepared(5, 'rebased'),
  committing(5, 'rebased', 'onto', { parent: 'top' }),
  { type: 'CommitFailed', data: { id: 5, key: 'rebased', name: 'onto', failure: unstorable } },
  ...committed(5, 'rebased', 'onto', { parent: 'top' }),
  { type: 'LossAccepted', data: { after: 40, through: 42 } },
  ...prepared(6, 'view', { kind: 'View', parent: 'onto', scratch: { ...plainScratch, requested: '1073741824' } }, '1'),
  ...attached(6, 'view'),
  detaching(6, 'view'),
  detachFailed(6, 'view'),
  ...prepared(7, 'gone'),
  removing(7, 'gone'),
  removeFailed(7, 'gone'),
  ...removed(7, 'gone'),
  destroyed(7),
  ...prepared(8, 'owed'),
  ...removed(8, 'owed'),
  preparing(9, 'owed'),
  prepareFailed(9, 'owed'),
  ...prepared(10, 'pending'),
  attaching(10, 'pending'),
  ...prepared(11, 'leaving'),
  removing(11, 'leaving'),
  ...prepared(12, 'sealing'),
  committing(12, 'sealing', 'sealed', { parent: 'base' }),
  detaching(6, 'view'),
  preparing(13, 'coming', { parent: 'top', labels: { x: '1' }, scratch: sized }),
  { type: 'Updated', data: { key: 'base', labels: {} } },
  { type: 'AttachFailed', data: { id: 10, key: 'pending', failure: { ...accessDenied, message: 'é\u2028' } } },
  attaching(10, 'pending'),
  { type: 'Attached', data: { id: 10, key: 'pending' } },
  detaching(10, 'pending'),
  { type: 'Detached', data: { id: 10, key: 'pending', usage } },
  attaching(10, 'pending'),
  ...prepared(14, 'extract-2 é', { purpose: 'unpack' }),
  applying(14, 'extract-2 é', { limits: { entries: 1, bytes: 2 ** 53 - 1 } }),
  applyFailed(14, 'extract-2 é', invalidEntry('Files/é\u2028', 1_536, '..', 'must not leave the layer')),
  applying(14, 'extract-2 é'),
  cancelling(14, 'extract-2 é'),
  applyFailed(14, 'extract-2 é', cancelled),
  ...applied(14, 'extract-2 é', { descriptor: { ...descriptorOf('2'), mediaType: `${layerMediaType}+gzip` } }),
  committing(14, 'extract-2 é', 'unpacked'),
  cancelling(14, 'extract-2 é'),
  { type: 'CommitFailed', data: { id: 14, key: 'extract-2 é', name: 'unpacked', failure: cancelled } },
  committing(14, 'extract-2 é', 'unpacked'),
  cancelling(14, 'extract-2 é'),
  { type: 'Committed', data: { id: 14, key: 'extract-2 é', name: 'unpacked', usage } },
  ...prepared(15, 'filled', { parent: 'unpacked', purpose: 'unpack' }),
  ...applied(15, 'filled'),
  ...prepared(16, 'filling', { parent: 'unpacked', purpose: 'unpack' }),
  applying(16, 'filling', { descriptor: descriptorOf('3') }),
  ...prepared(17, 'emptying', { purpose: 'unpack' }),
  applying(17, 'emptying'),
  cancelling(17, 'emptying'),
  cancelling(12, 'sealing'),
  ...prepared(18, 'onto the unpacked', { purpose: 'unpack' }),
  ...applied(18, 'onto the unpacked'),
  committing(18, 'onto the unpacked', 'gained', { parent: 'unpacked' }),
  { type: 'IdsBurnt', data: { through: 20 } },
  rescued(22, 'base again'),
  rescued(23, 'scratch', { kind: 'Active', parent: 'base again', utilityVm: true, effective: '21474836480' }),
  rescued(24, 'looking', { kind: 'View', parent: 'base again', effective: '1073741824', labels: { [odd]: odd } }),
  rescued(25, 'extract-3', { kind: 'Active', purpose: 'unpack', profile: 'windows-layer' }),
  rescued(26, 'lost'),
  ...prepared(27, 'on the lost', { parent: 'lost' }),
  attaching(27, 'on the lost'),
  givenUp(27, 'on the lost'),
  preparing(28, 'coming on the lost', { parent: 'lost' }),
  givenUp(28, 'coming on the lost'),
  ...prepared(29, 'gaining the lost'),
  committing(29, 'gaining the lost', 'gained by the lost', { parent: 'lost' }),
  givenUp(29, 'gaining the lost'),
  givenUp(26, 'lost'),
]

const askedBy = (event: Decided, index: number): Decided =>
  index % 3 === 0 ? { ...event, cause: { ...event.cause, by: `somebody ${index}` } } : event

const main = (name: string | undefined): void => {
  if (name === undefined) throw new Error('say which fixture to make: node make-log-fixture.js log-v2')
  const events: Decided[] = []
  let state = initialState('bind')
  for (const [index, event] of history.entries()) {
    const decided = askedBy(decidedAfter(state, event), index)
    state = evolve(state, decided)
    events.push(decided)
  }
  const texts = sealed(events)
  const folder = new URL('../../../test/fixtures/', import.meta.url)
  const projection = JSON.stringify(projectionOf(replayed(texts)), null, 2)
  writeFileSync(new URL(`${name}.ndjson`, folder), `${texts.join('\n')}\n`, { flag: 'wx' })
  writeFileSync(new URL(`${name}.state.json`, folder), `${projection}\n`, { flag: 'wx' })
}

main(process.argv[2])
