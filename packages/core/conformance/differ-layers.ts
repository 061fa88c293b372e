import type { Profile } from '../src/model/snapshot.js'

/** What a function must answer, or how it must refuse. */
export type Expected<A> =
  | { readonly is: A }
  | { readonly refused: 'InvalidArgument'; readonly field: string }
  | { readonly refused: 'Unimplemented' }

/** One row: what mounts stand for, by profile. */
export type LayerOfRow = {
  readonly name: string
  readonly mounts: unknown
  readonly expected: Readonly<
    Record<Profile, Expected<{ readonly layer: string | null; readonly parents: readonly string[] }>>
  >
}

export const A = 'C:\\varve\\snapshots\\1'
export const B = 'C:\\varve\\snapshots\\2'
export const C = 'C:\\varve\\snapshots\\3'

export const mount = (type: string, source: string, ...options: readonly string[]) => ({
  type,
  source,
  target: '',
  options,
})
export const on = (...paths: readonly string[]): string => `parentLayerPaths=${JSON.stringify(paths)}`
export const layer = (source: string, ...options: readonly string[]) => [mount('windows-layer', source, ...options)]
export const bind = (source: string, ...options: readonly string[]) => [mount('bind', source, ...options)]

export const is = <A>(answer: A): Expected<A> => ({ is: answer })
export const invalid = (field: string): Expected<never> => ({ refused: 'InvalidArgument', field })
export const unimplemented: Expected<never> = { refused: 'Unimplemented' }

type LayerOf = LayerOfRow['expected']['bind']
const row = (name: string, mounts: unknown, bindResult: LayerOf, windowsLayer: LayerOf = bindResult): LayerOfRow => ({
  name,
  mounts,
  expected: { bind: bindResult, 'windows-layer': windowsLayer },
})
const of = (path: string | null, ...parents: readonly string[]): LayerOf => is({ layer: path, parents })

/** containerd's `mountsToLayerAndParents`, row by row, and input that no snapshotter gives. */
export const layerOfTable: readonly LayerOfRow[] = [
  row('no mount', [], invalid('mounts')),
  row('two mounts', [...layer(A, 'rw'), ...layer(B, 'rw')], invalid('mounts')),
  row('two mounts of an unknown type', [mount('overlay', A), mount('overlay', B)], invalid('mounts')),
  row('an unknown type', [mount('overlay', A, 'rw')], unimplemented),
  row('a type in other letters', [mount('Bind', A, 'rw')], unimplemented),
  row('an unknown type with malformed parents', [mount('overlay', A, 'parentLayerPaths=x')], unimplemented),
  row('parents that are no JSON', layer(A, 'rw', 'parentLayerPaths=x'), invalid('mounts[0].options[1]')),
  row('parents that are no array', layer(A, 'rw', 'parentLayerPaths="x"'), invalid('mounts[0].options[1]')),
  row('parents that are no strings', layer(A, 'parentLayerPaths=[1]', 'rw'), invalid('mounts[0].options[0]')),
  row('a parent that is empty', layer(A, 'rw', 'parentLayerPaths=[""]'), invalid('mounts[0].options[1]')),
  row('parents that are empty text', layer(A, 'rw', 'parentLayerPaths='), invalid('mounts[0].options[1]')),
  row('malformed parents before good ones', layer(A, 'parentLayerPaths=[', on(B)), invalid('mounts[0].options[0]')),
  row('malformed parents, read-only', layer(A, 'ro', 'parentLayerPaths={}'), invalid('mounts[0].options[1]')),

  row('bind, read-only, parents', bind(A, 'ro', on(B)), invalid('mounts[0].options'), unimplemented),
  row('bind, read-only, no parents', bind(`${A}\\Files`, 'ro', on()), of(null), unimplemented),
  row('bind, read-only, null parents', bind(`${A}\\Files`, 'ro', 'parentLayerPaths=null'), of(null), unimplemented),
  row('bind, read-only, no option', bind(`${A}\\Files`, 'ro'), of(null), unimplemented),
  row('bind, writable', bind(`${A}\\Files`, 'rw', on()), of(A), unimplemented),
  row('bind, writable, host with /', bind('/layers/1/Files', 'rw', on()), of('/layers/1'), unimplemented),
  row('bind, writable, unpack', bind(A, 'rw', on()), of(A), unimplemented),
  row('bind, writable, files in lower case', bind(`${A}\\files`, 'rw'), of(`${A}\\files`), unimplemented),
  row('bind, writable, a name that ends in Files', bind('C:\\MyFiles', 'rw'), of('C:\\MyFiles'), unimplemented),
  row('bind, writable, Files twice', bind(`${A}\\Files\\Files`, 'rw'), of(`${A}\\Files`), unimplemented),
  row('bind, writable, parents', bind(A, 'rw', on(B)), of(A, B), unimplemented),

  row('windows-layer, read-only, no parents', layer(A, 'ro'), invalid('mounts[0].options'), of(null)),
  row('windows-layer, read-only, []', layer(A, 'ro', on()), invalid('mounts[0].options'), of(null)),
  row(
    'windows-layer, read-only, null',
    layer(A, 'ro', 'parentLayerPaths=null'),
    invalid('mounts[0].options'),
    of(null),
  ),
  row('windows-layer, read-only, a parent', layer(A, 'ro', on(B)), of(B)),
  row('windows-layer, read-only, parents', layer(A, 'ro', on(B, C)), of(B, C)),
  row('windows-layer, read-only, parents first', layer(A, on(B, C), 'ro'), of(B, C)),
  row('windows-layer, rw and ro', layer(A, 'rw', 'ro', on(B, C)), of(B, C)),
  row('windows-layer, writable, no parents', layer(A, 'rw'), of(A)),
  row('windows-layer, writable, parents', layer(A, 'rw', on(B, C)), of(A, B, C)),
  row('windows-layer, neither rw nor ro', layer(A, on(B)), of(A, B)),
  row('windows-layer, writable, a source that ends in Files', layer(`${A}\\Files`, 'rw'), of(`${A}\\Files`)),
  row('windows-layer, RO is not ro', layer(A, 'RO', on(B)), of(A, B)),
  row('the last of several parents', layer(A, 'rw', on(C), on(B)), of(A, B)),
  row('null after parents', layer(A, 'rw', on(C), 'parentLayerPaths=null'), of(A)),
  row('another option that begins alike', layer(A, 'rw', 'parentLayerPath=x'), of(A)),

  row('undefined', undefined, invalid('mounts')),
  row('null', null, invalid('mounts')),
  row('a mount outside an array', mount('windows-layer', A, 'rw'), invalid('mounts')),
  row('an array of null', [null], invalid('mounts[0]')),
  row('an array of text', ['windows-layer'], invalid('mounts[0]')),
  row('an empty array in an array', [[]], invalid('mounts[0].type')),
  row('no type', [{ source: A, target: '', options: [] }], invalid('mounts[0].type')),
  row('a type that is a number', [{ type: 1, source: A, options: [] }], invalid('mounts[0].type')),
  row('no source', [{ type: 'windows-layer', target: '', options: [] }], invalid('mounts[0].source')),
  row('an empty source', layer('', 'rw'), invalid('mounts[0].source')),
  row('no options', [{ type: 'windows-layer', source: A }], invalid('mounts[0].options')),
  row('options that are text', [{ type: 'windows-layer', source: A, options: 'ro' }], invalid('mounts[0].options')),
  row(
    'an option that is null',
    [{ type: 'windows-layer', source: A, options: ['rw', null] }],
    invalid('mounts[0].options[1]'),
  ),
]
