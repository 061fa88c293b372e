import { asBackendFault } from '@varve/core/adapter'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf } from '../src/world/failure.js'

const hostError = (code: string): Error => Object.assign(new Error(`${code}: why, open '/layers/1'`), { code })

test('what a host refuses becomes the HRESULT of Windows, with what was asked, what was found and what to do', () => {
  const codes: Readonly<Record<string, number>> = {
    EACCES: 0x80070005,
    EPERM: 0x80070005,
    EROFS: 0x80070013,
    ENOSPC: 0x80070070,
    EDQUOT: 0x80070070,
    EBUSY: 0x80070020,
    ETXTBSY: 0x80070020,
    ENOENT: 0x80070002,
    EEXIST: 0x800700b7,
    ENOTEMPTY: 0x80070091,
    ENOTDIR: 0x8007010b,
    ENAMETOOLONG: 0x800700ce,
    EIO: 0x8007045d,
  }
  for (const [code, hresult] of Object.entries(codes)) {
    const fault = failureOf('SealLayer of layer 1', hostError(code))
    assert.equal([fault._tag, 'code' in fault && fault.code], ['BackendFault', hresult], code)
    assert.match(fault.message, /^SealLayer of layer 1: E[A-Z]+: why, open '\/layers\/1'; .+ and try again$/)
  }
})

test('what nobody foresaw is E_FAIL with its own words', () => {
  for (const cause of [hostError('EWEIRD'), new TypeError('broken'), 'a text'])
    assert.is(asBackendFault(failureOf('usage of layer 1', cause)).code, 0x80004005)
  assert.match(failureOf('usage of layer 1', new TypeError('broken')).message, 'usage of layer 1: broken')
})

test.run()
