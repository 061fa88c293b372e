import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { DecodeOptions } from '@varve/core/tar'
import { decoded, left } from './tar.js'

export type Case = {
  readonly what: string
  readonly tar: Uint8Array
  readonly options?: DecodeOptions
  /** The entry that the error names, where its headers begin, and some of its words. */
  readonly entry: string
  readonly offset: number
  readonly words: string
}

/** A test that the tar is refused, however it is cut into chunks. */
export const refuses = ({ what, tar, options, entry, offset, words }: Case): void => {
  test(`refused: ${what}`, () => {
    for (const lengths of [[Infinity], [1], [513]]) {
      const fault = left(decoded(tar, options, lengths))
      assert.is(fault._tag, 'InvalidArgument')
      assert.is(fault.field, 'tar')
      assert.is(fault.entry, entry)
      assert.is(fault.offset, offset)
      assert.match(fault.message, words)
      assert.match(fault.message, /^tar entry .* at byte \d+ .*; found .*: invalid argument$/)
    }
  })
}
