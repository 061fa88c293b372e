import type { Profile } from '../src/model/snapshot.js'

/** What a function must answer, or how it must refuse. */
export type Expected<Answer> =
  | { readonly is: Answer }
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

export const first = 'C:\\varve\\snapshots\\1'
export const second = 'C:\\varve\\snapshots\\2'
export const third = 'C:\\varve\\snapshots\\3'

export const mount = (type: string, source: string, ...options: readonly string[]) => ({
  type,
  source,
  target: '',
  options,
})
export const on = (...paths: readonly string[]): string => `parentLayerPaths=${JSON.stringify(paths)}`
export const layer = (source: string, ...options: readonly string[]) => [mount('windows-layer', source, ...options)]
export const bind = (source: string, ...options: readonly string[]) => [mount('bind', source, ...options)]

export const is = <Answer>(answer: Answer): Expected<Answer> => ({ is: answer })
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
  row('two mounts', [...layer(first, 'rw'), ...layer(second, 'rw')], invalid('mounts')),
  row('two mounts of an unknown type', [mount('overlay', first), mount('overlay', second)], invalid('mounts')),
  row('an unknown type', [mount('overlay', first, 'rw')], unimplemented),
  row('a type in other letters', [mount('Bind', first, 'rw')], unimplemented),
  row('an unknown type with malformed parents', [mount('overlay', first, 'parentLayerPaths=x')], unimplemented),
  row('parents that are no JSON', layer(first, 'rw', 'parentLayerPaths=x'), invalid('mounts[0].options[1]')),
  row('parents that are no array', layer(first, 'rw', 'parentLayerPaths="x"'), invalid('mounts[0].options[1]')),
  row('parents that are no strings', layer(first, 'parentLayerPaths=[1]', 'rw'), invalid('mounts[0].options[0]')),
  row('a parent that is empty', layer(first, 'rw', 'parentLayerPaths=[""]'), invalid('mounts[0].options[1]')),
  row('parents that are empty text', layer(first, 'rw', 'parentLayerPaths='), invalid('mounts[0].options[1]')),
  row(
    'malformed parents before good ones',
    layer(first, 'parentLayerPaths=[', on(second)),
    invalid('mounts[0].options[0]'),
  ),
  row('malformed parents, read-only', layer(first, 'ro', 'parentLayerPaths={}'), invalid('mounts[0].options[1]')),

  row('bind, read-only, parents', bind(first, 'ro', on(second)), invalid('mounts[0].options'), unimplemented),
  row('bind, read-only, no parents', bind(`${first}\\Files`, 'ro', on()), of(null), unimplemented),
  row('bind, read-only, null parents', bind(`${first}\\Files`, 'ro', 'parentLayerPaths=null'), of(null), unimplemented),
  row('bind, read-only, no option', bind(`${first}\\Files`, 'ro'), of(null), unimplemented),
  row('bind, writable', bind(`${first}\\Files`, 'rw', on()), of(first), unimplemented),
  row('bind, writable, host with /', bind('/layers/1/Files', 'rw', on()), of('/layers/1'), unimplemented),
  row('bind, writable, unpack', bind(first, 'rw', on()), of(first), unimplemented),
  row('bind, writable, files in lower case', bind(`${first}\\files`, 'rw'), of(`${first}\\files`), unimplemented),
  row('bind, writable, a name that ends in Files', bind('C:\\MyFiles', 'rw'), of('C:\\MyFiles'), unimplemented),
  row('bind, writable, Files twice', bind(`${first}\\Files\\Files`, 'rw'), of(`${first}\\Files`), unimplemented),
  row('bind, writable, parents', bind(first, 'rw', on(second)), of(first, second), unimplemented),

  row('windows-layer, read-only, no parents', layer(first, 'ro'), invalid('mounts[0].options'), of(null)),
  row('windows-layer, read-only, []', layer(first, 'ro', on()), invalid('mounts[0].options'), of(null)),
  row(
    'windows-layer, read-only, null',
    layer(first, 'ro', 'parentLayerPaths=null'),
    invalid('mounts[0].options'),
    of(null),
  ),
  row('windows-layer, read-only, a parent', layer(first, 'ro', on(second)), of(second)),
  row('windows-layer, read-only, parents', layer(first, 'ro', on(second, third)), of(second, third)),
  row('windows-layer, read-only, parents first', layer(first, on(second, third), 'ro'), of(second, third)),
  row('windows-layer, rw and ro', layer(first, 'rw', 'ro', on(second, third)), of(second, third)),
  row('windows-layer, writable, no parents', layer(first, 'rw'), of(first)),
  row('windows-layer, writable, parents', layer(first, 'rw', on(second, third)), of(first, second, third)),
  row('windows-layer, neither rw nor ro', layer(first, on(second)), of(first, second)),
  row('windows-layer, writable, a source that ends in Files', layer(`${first}\\Files`, 'rw'), of(`${first}\\Files`)),
  row('windows-layer, RO is not ro', layer(first, 'RO', on(second)), of(first, second)),
  row('the last of several parents', layer(first, 'rw', on(third), on(second)), of(first, second)),
  row('null after parents', layer(first, 'rw', on(third), 'parentLayerPaths=null'), of(first)),
  row('another option that begins alike', layer(first, 'rw', 'parentLayerPath=x'), of(first)),

  row('undefined', undefined, invalid('mounts')),
  row('null', null, invalid('mounts')),
  row('a mount outside an array', mount('windows-layer', first, 'rw'), invalid('mounts')),
  row('an array of null', [null], invalid('mounts[0]')),
  row('an array of text', ['windows-layer'], invalid('mounts[0]')),
  row('an empty array in an array', [[]], invalid('mounts[0].type')),
  row('no type', [{ source: first, target: '', options: [] }], invalid('mounts[0].type')),
  row('a type that is a number', [{ type: 1, source: first, options: [] }], invalid('mounts[0].type')),
  row('no source', [{ type: 'windows-layer', target: '', options: [] }], invalid('mounts[0].source')),
  row('an empty source', layer('', 'rw'), invalid('mounts[0].source')),
  row('no options', [{ type: 'windows-layer', source: first }], invalid('mounts[0].options')),
  row('options that are text', [{ type: 'windows-layer', source: first, options: 'ro' }], invalid('mounts[0].options')),
  row(
    'an option that is null',
    [{ type: 'windows-layer', source: first, options: ['rw', null] }],
    invalid('mounts[0].options[1]'),
  ),
]
