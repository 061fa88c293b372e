import { asBackendFault, asFailure, failureOf, raise, raisedIn, stoppedFault } from '@varve/core/adapter'
import { backendFault, notFound } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

test('a failure that was raised comes out as it went in', () => {
  const fault = backendFault('why', 0x80070005)
  try {
    raise(fault)
    assert.unreachable()
  } catch (cause) {
    assert.is(failureOf('anything', cause), fault)
    assert.is(raisedIn(cause), fault)
  }
})

test('what nobody foresaw is E_FAIL with what was asked and its own words', () => {
  const fault = (cause: unknown) => failureOf('usage of layer 1', cause)
  assert.equal(fault(new TypeError('broken')), backendFault('usage of layer 1: broken', 0x80004005))
  assert.equal(fault('a text'), backendFault('usage of layer 1: a text', 0x80004005))
  assert.is(raisedIn(new TypeError('broken')), undefined)
})

test('only faults pass where only faults may be answered', () => {
  const missing = notFound('a')
  assert.equal(asFailure(missing), backendFault('a: not found', 0x80070057))
  const invalid = { _tag: 'InvalidArgument', message: 'm', field: 'f', value: 'v' } as const
  assert.is(asFailure(invalid), invalid)
  assert.equal(asBackendFault(invalid), backendFault('m', 0x80070057))
  const fault = stoppedFault('SealLayer of layer 1')
  assert.is(asBackendFault(fault), fault)
  assert.is(fault.code, 0x80004004)
})

test.run()
