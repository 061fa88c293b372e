import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { requireArguments } from '../src/native/checks.js'
import { nativeOf } from '../src/native/native-of.js'
import type { Native } from '../src/native/native.js'
import { faultOf } from './support/failure.js'
import { callNative, nativeNames, validArguments } from './support/valid-arguments.js'
import { workingTable } from './support/working-table.js'

const invalidParameter = 0x80070057
const path = 'C:\\varve\\snapshots\\1'

/** Never right, whatever the parameter. */
const nonsense: readonly unknown[] = [
  undefined,
  Number.NaN,
  1.5,
  -1,
  2 ** 32,
  -(2n ** 64n),
  2n ** 64n,
  'a\0b',
  Symbol('x'),
]
/** Right somewhere: what matters is that nothing worse than a fault comes of them elsewhere. */
const suspects: readonly unknown[] = [
  null,
  0,
  5,
  0n,
  -1n,
  7n,
  '',
  'relative',
  true,
  {},
  [],
  [{}],
  () => 0,
  new Uint8Array(0),
]

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

/** Every way to put one wrong value into arguments: in place of one, or of a field of one. */
const spoilt = (values: readonly unknown[], wrong: unknown): readonly (readonly unknown[])[] =>
  values.flatMap((value, at) => {
    const inside = isObject(value) ? Object.keys(value).map((field) => ({ ...value, [field]: wrong })) : []
    return [wrong, ...inside].map((other) => values.with(at, other))
  })

for (const name of nativeNames)
  test(`${name} refuses what is no argument of its, and calls nothing`, () => {
    for (const wrong of nonsense)
      for (const values of spoilt(validArguments[name](), wrong)) {
        const { table, calls } = workingTable()
        const { code, message } = faultOf(() => callNative(nativeOf(table), name, values))
        assert.is(code, invalidParameter)
        assert.match(message, / must be .*; found .*; nothing was called$/)
        assert.equal(calls, [], message)
      }
  })

test('no value makes a function fail otherwise, or reaches a DLL as something that crashes', () => {
  for (const name of nativeNames)
    for (const wrong of suspects)
      for (const values of spoilt(validArguments[name](), wrong)) {
        const { table, calls } = workingTable()
        const run = (): unknown => {
          callNative(nativeOf(table), name, values)
          return undefined
        }
        try {
          run()
        } catch (cause) {
          const { code } = faultOf(() => {
            throw cause
          })
          assert.is(code, invalidParameter, `${name}: ${String(cause)}`)
        }
        for (const call of calls)
          for (const value of call.values)
            assert.not.ok(value === undefined || typeof value === 'boolean' || typeof value === 'function', call.name)
      }
})

test('valid arguments are refused nowhere', () => {
  for (const name of nativeNames) callNative(nativeOf(workingTable().table), name, validArguments[name]())
})

type Refused = readonly [what: string, run: (native: Native) => unknown, message: string]

const refused: readonly Refused[] = [
  [
    'a number for a path',
    (native) => callNative(native, 'DestroyLayer', [5]),
    'DestroyLayer: path must be an absolute Windows path without NUL of at most 32767 units; found 5; nothing was called',
  ],
  [
    'a relative path',
    ({ DestroyLayer }) => DestroyLayer('snapshots\\1'),
    'DestroyLayer: path must be an absolute Windows path without NUL of at most 32767 units; found "snapshots\\\\1"; nothing was called',
  ],
  [
    'a path cut by a NUL',
    ({ DestroyLayer }) => DestroyLayer('C:\\\0varve'),
    'DestroyLayer: path must be an absolute Windows path without NUL of at most 32767 units; found "C:\\\\\\u0000varve"; nothing was called',
  ],
  [
    'a handle that is none',
    ({ CloseHandle }) => CloseHandle(0xffff_ffff_ffff_ffffn),
    'CloseHandle: handle must be an open handle; found 18446744073709551615n; nothing was called',
  ],
  [
    'a size of 0',
    ({ ExpandSandboxSize }) => ExpandSandboxSize(path, 0n),
    'ExpandSandboxSize: bytes must be a bigint from 1 to 2^63 - 1; found 0n; nothing was called',
  ],
  [
    'a size that is negative where it arrives',
    ({ ExpandSandboxSize }) => ExpandSandboxSize(path, 2n ** 63n),
    'ExpandSandboxSize: bytes must be a bigint from 1 to 2^63 - 1; found 9223372036854775808n; nothing was called',
  ],
  [
    'an id that is none',
    ({ PrepareLayer }) => PrepareLayer(path, [{ id: '1', path }]),
    'PrepareLayer: the id of a parent must be 32 hex digits and 4 dashes; found "1"; nothing was called',
  ],
  [
    'a name that is a path',
    ({ LinkFile }) => LinkFile(4n, 8n, 'a\\b'),
    'LinkFile: name must be one name, without \\, / and :; found "a\\\\b"; nothing was called',
  ],
  [
    'a buffer without room',
    ({ ReadFile }) => ReadFile(4n, new Uint8Array(0)),
    'ReadFile: buffer must be bytes, one at least; found an object; nothing was called',
  ],
]

for (const [what, run, message] of refused)
  test(`refused: ${what}`, () => {
    const { table, calls } = workingTable()
    assert.equal(
      faultOf(() => run(nativeOf(table))),
      { _tag: 'BackendFault', message, code: invalidParameter },
    )
    assert.equal(calls, [])
  })

test('paths of every absolute form, and of the greatest length, are taken as they are', () => {
  const longest = `\\\\?\\C:\\${'x'.repeat(32_760)}`
  for (const one of [
    'C:\\',
    'c:/a',
    '\\\\?\\C:\\a',
    '\\\\?\\Volume{x}\\',
    '\\\\.\\PhysicalDrive1',
    '\\\\host\\share',
    longest,
    'C:\\\ud800',
  ]) {
    const { table, calls } = workingTable()
    nativeOf(table).ProcessBaseImage(one)
    assert.equal(calls, [{ name: 'ProcessBaseImage', values: [one] }])
  }
  assert.is(faultOf(() => nativeOf(workingTable().table).ProcessBaseImage(`${longest}x`)).code, invalidParameter)
})

const guid = { Data1: 0, Data2: 0, Data3: 0, Data4: [0, 0, 0, 0, 0, 0, 0, 0] }
const driver = { Flavour: 1, HomeDir: '' }

test('structs that hold texts are looked into before each call', () => {
  const prepare = (parents: unknown) => () => requireArguments('PrepareLayer', [driver, path, parents, 1n])
  prepare([{ LayerId: guid, Flags: 0, Path: path }])()
  prepare(null)()
  for (const wrong of [
    [],
    [{ LayerId: guid, Flags: 0 }],
    [{ LayerId: guid, Flags: 0, Path: 5 }],
    [{ Flags: 0, Path: path }],
  ])
    assert.is(faultOf(prepare(wrong)).code, invalidParameter)
  const open = (object: unknown) => () =>
    requireArguments('NtCreateFile', [new Uint8Array(8), 0, object, new Uint8Array(16), null, 0, 7, 1, 0, null, 0])
  open({ RootDirectory: 4n, ObjectName: { Buffer: '' } })()
  for (const wrong of [
    {},
    { RootDirectory: 4n },
    { RootDirectory: 0n, ObjectName: { Buffer: '' } },
    { RootDirectory: 4n, ObjectName: { Buffer: 5 } },
  ])
    assert.is(faultOf(open(wrong)).code, invalidParameter)
})

test('a call with too few arguments is refused', () => {
  const { message } = faultOf(() => requireArguments('CloseHandle', []))
  assert.is(message, 'CloseHandle: the number of arguments must be 1; found 0; nothing was called')
})

test('truth is told to Windows as 1 and 0', () => {
  const { table, calls } = workingTable()
  const { CopyFileW } = nativeOf(table)
  CopyFileW('C:\\a', 'C:\\b', true)
  CopyFileW('C:\\a', 'C:\\b', false)
  assert.equal(
    calls.map(({ values }) => values[2]),
    [1, 0],
  )
})

test.run()
