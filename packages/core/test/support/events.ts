import { defaultApplyLimits, type Descriptor, type Event, type EventOf, type Failure, type Usage } from '@varve/core'

/** Events as a log holds them, for the histories that tests begin with. */

export const usage: Usage = { size: 4_096, inodes: 0, onDisk: 8_192, scratch: 0 }
export const accessDenied: Failure = { _tag: 'BackendFault', message: 'access denied', code: 0x80070005 }
/** What is recorded of a scratch disk that nobody asked anything of. */
export const plainScratch = { requested: null, requestedBy: null, utilityVm: false, note: null }

type Data<T extends Event['type']> = EventOf<T>['data']

export const logCreated: Event = { type: 'LogCreated', data: { log: '5a1d9ad3-5b1c-4f0e-8b0e-000000000001' } }

export const preparing = (id: number, key: string, data: Partial<Data<'PrepareAccepted'>> = {}): Event => ({
  type: 'PrepareAccepted',
  data: {
    id,
    key,
    kind: 'Active',
    parent: '',
    purpose: 'scratch',
    labels: {},
    profile: 'bind',
    scratch: null,
    ...data,
  },
})

/** A completed Active snapshot, or with `kind` a View. */
export const prepared = (
  id: number,
  key: string,
  data: Partial<Data<'PrepareAccepted'>> = {},
  effective: string | null = null,
): readonly Event[] => [preparing(id, key, data), { type: 'Prepared', data: { id, key, effective, usage } }]

export const prepareFailed = (id: number, key: string): Event => ({
  type: 'PrepareFailed',
  data: { id, key, failure: accessDenied },
})

export const committing = (
  id: number,
  key: string,
  name: string,
  data: Partial<Data<'CommitAccepted'>> = {},
): Event => ({
  type: 'CommitAccepted',
  data: { id, key, name, parent: '', labels: {}, profile: 'bind', ...data },
})

export const committed = (
  id: number,
  key: string,
  name: string,
  data: Partial<Data<'CommitAccepted'>> = {},
): readonly Event[] => [committing(id, key, name, data), { type: 'Committed', data: { id, key, name, usage } }]

export const commitFailed = (id: number, key: string, name: string): Event => ({
  type: 'CommitFailed',
  data: { id, key, name, failure: accessDenied },
})

/** A Committed snapshot, made from an Active one whose key is `<name>-key`. */
export const layer = (id: number, name: string, parent = ''): readonly Event[] => [
  ...prepared(id, `${name}-key`, { parent, scratch: parent === '' ? null : plainScratch }),
  ...committed(id, `${name}-key`, name, { parent }),
]

export const removing = (id: number, key: string): Event => ({ type: 'RemoveAccepted', data: { id, key } })
export const removed = (id: number, key: string): readonly Event[] => [
  removing(id, key),
  { type: 'Removed', data: { id, key } },
]
export const removeFailed = (id: number, key: string): Event => ({
  type: 'RemoveFailed',
  data: { id, key, failure: accessDenied },
})
export const destroyed = (id: number): Event => ({ type: 'Destroyed', data: { id } })

export const attaching = (id: number, key: string): Event => ({ type: 'AttachAccepted', data: { id, key } })
export const attached = (id: number, key: string): readonly Event[] => [
  attaching(id, key),
  { type: 'Attached', data: { id, key } },
]
export const attachFailed = (id: number, key: string): Event => ({
  type: 'AttachFailed',
  data: { id, key, failure: accessDenied },
})

export const detaching = (id: number, key: string): Event => ({ type: 'DetachAccepted', data: { id, key } })
export const detached = (id: number, key: string, counted = usage): readonly Event[] => [
  detaching(id, key),
  { type: 'Detached', data: { id, key, usage: counted } },
]
export const detachFailed = (id: number, key: string): Event => ({
  type: 'DetachFailed',
  data: { id, key, failure: accessDenied },
})

/** A blob whose digest is one hex digit many times over. */
export const descriptorOf = (digit: string): Descriptor => ({
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: `sha256:${digit.repeat(64)}`,
  size: 1024,
})

/** What is recorded of a tar that was applied. */
export const tarOf = (digit: string) => ({ diffId: `sha256:${digit.repeat(64)}`, size: 2_048, entries: 3 })

export const applying = (id: number, key: string, data: Partial<Data<'ApplyAccepted'>> = {}): Event => ({
  type: 'ApplyAccepted',
  data: { id, key, descriptor: descriptorOf('1'), limits: defaultApplyLimits, ...data },
})
export const applied = (id: number, key: string, data: Partial<Data<'ApplyAccepted'>> = {}): readonly Event[] => [
  applying(id, key, data),
  { type: 'Applied', data: { id, key, ...tarOf('d'), usage } },
]
export const applyFailed = (id: number, key: string, failure: Failure = accessDenied): Event => ({
  type: 'ApplyFailed',
  data: { id, key, failure },
})

/** Without an intent: of the commit or apply that is under way. */
export const cancelling = (id: number, key: string, intent = ''): Event => ({
  type: 'CancelAccepted',
  data: { id, key, intent },
})

export const updated = (key: string, labels: Readonly<Record<string, string>>): Event => ({
  type: 'Updated',
  data: { key, labels },
})

export const rescued = (id: number, name: string, data: Partial<Data<'Rescued'>> = {}): Event => ({
  type: 'Rescued',
  data: {
    id,
    name,
    kind: 'Committed',
    parent: '',
    purpose: 'scratch',
    labels: {},
    profile: 'bind',
    utilityVm: false,
    effective: null,
    usage,
    ...data,
  },
})

export const givenUp = (id: number, key: string): Event => ({
  type: 'GivenUp',
  data: { id, key, reason: 'its layer is gone' },
})
