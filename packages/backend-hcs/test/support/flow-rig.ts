import { test } from 'uvu'
import { codeOf } from '../../src/failure.js'
import { convertToBase } from '../../src/layers/base.js'
import { createLayer } from '../../src/layers/create.js'
import { claim } from '../../src/layers/open.js'
import { pretendMachine, type Pretended } from './machine.js'

export const log = '3f6c1c52-8f0e-4a37-9d0e-2d2d7a1b6c11'
export const root = 'C:\\varve'

type Case = (machine: Pretended) => void

/** A case on a claimed root. */
export const onRoot = (name: string, body: Case): void => {
  test(name, () => {
    const machine = pretendMachine()
    try {
      claim(machine.world, log)
      machine.calls.length = 0
      body(machine)
    } finally {
      machine.remove()
    }
  })
}

const blank = { requested: null, requestedBy: null, utilityVm: false, note: null }
export const creation = (layer: number, parents: readonly number[] = [], scratch = {}) =>
  ({
    type: 'CreateLayer',
    id: `${layer}1`,
    layer,
    key: `key ${layer}`,
    kind: 'Active',
    parents,
    purpose: 'scratch',
    labels: {},
    profile: 'bind',
    scratch: parents.length === 0 ? null : { ...blank, ...scratch },
  }) as const
export const attaching = (layer: number, parents: readonly number[] = [], kind: 'Active' | 'View' = 'Active') =>
  ({ type: 'AttachLayer', id: `${layer}2`, layer, kind, parents }) as const
export const detaching = (layer: number, parents: readonly number[] = []) =>
  ({ type: 'DetachLayer', id: `${layer}3`, layer, parents }) as const

/** A control that nobody speaks through. */
export const alone = {
  isCancelled: () => false,
  isStopped: () => false,
  progress: () => undefined,
  take: () => ({ type: 'end' }) as const,
  put: () => undefined,
}

/** Layer 1, a base layer, and layer 2, a scratch on it. */
export const makeScratch = ({ world, calls }: Pretended): void => {
  createLayer(world, creation(1))
  convertToBase(world, 'SealLayer of layer 1', 1, alone)
  createLayer(world, creation(2, [1]))
  calls.length = 0
}

export const failing = (call: () => unknown): { readonly code: number | undefined; readonly message: string } => {
  try {
    call()
  } catch (cause) {
    return { code: codeOf(cause), message: cause instanceof Error ? cause.message : '' }
  }
  throw new Error('expected a failure, found none')
}
