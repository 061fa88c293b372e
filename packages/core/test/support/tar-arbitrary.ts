import * as fc from 'fast-check'
import type { EntryTimes, LayerEntry, SecurityDescriptor } from '@varve/core/tar'
import { foldName, nameProblem } from '../../src/model/names.js'
import type { Whole } from './tar.js'

const component = fc
  .oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }) },
    { weight: 1, arbitrary: fc.integer({ min: 90, max: 255 }).map((length) => 'l'.repeat(length)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('amd64_a..b_31bf', '__proto__', 'ä', 'Ä', '漢字', '\u{1f600}', '\ufeffbom'),
    },
  )
  .filter((name) => nameProblem(name) === undefined && !name.startsWith('.wh.') && !/\.\$wcidirs\$$/i.test(name))

const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'binary', minLength: 1, maxLength }).filter((value) => !value.includes('\0'))

const time = fc.oneof(
  fc.bigInt({ min: -11_644_473_600_000_000_000n, max: 910_692_730_085_477_580_700n }),
  fc.bigInt({ min: -3_000_000_000n, max: 3_000_000_000n }),
  fc.bigInt({ min: -10n, max: 8_589_934_600n }).map((seconds) => seconds * 1_000_000_000n),
)
const times: fc.Arbitrary<EntryTimes> = fc.record(
  { created: time, accessed: time, modified: time, changed: time },
  { noNullPrototype: true },
)

const security: fc.Arbitrary<SecurityDescriptor> = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => ({ bytes })),
  text(40).map((sddl) => ({ sddl })),
)

const extended = fc
  .array(
    fc.tuple(
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 }).filter((name) => !name.includes('=')),
      fc.uint8Array({ maxLength: 60 }),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((pairs) => Object.fromEntries(pairs))

/** What one entry might be; which of it is used depends on the layer so far. */
const pick = fc.record({
  kind: fc.constantFrom(
    'file',
    'file',
    'directory',
    'symlink',
    'junction',
    'link',
    'link',
    'stream',
    'whiteout',
    'opaque',
  ),
  at: fc.nat(),
  name: component,
  attributes: fc.integer({ min: 0, max: 0xffff_ffff }),
  times,
  secured: fc.record({ security, extended }, { requiredKeys: [], noNullPrototype: true }),
  body: fc.oneof(fc.uint8Array({ maxLength: 30 }), fc.uint8Array({ minLength: 500, maxLength: 1100 })),
  hasData: fc.boolean(),
  target: fc.oneof(text(30), fc.constant(`C:\\${'long/'.repeat(40)}`)),
})
type Pick = typeof pick extends fc.Arbitrary<infer T> ? T : never

const nothing = new Uint8Array()

/** A layer in the making: what may be a parent, a target, or the owner of a stream. */
type Making = {
  readonly isBase: boolean
  readonly all: Whole[]
  readonly folders: string[]
  readonly targets: string[]
  readonly taken: Set<string>
  owner: string | undefined
}

const isFree = ({ taken }: Making, key: string): boolean => {
  const folded = foldName(key)
  if (taken.has(folded)) return false
  taken.add(folded)
  return true
}

const withNames = (making: Making, { kind, at, name, target, body }: Pick): LayerEntry | undefined => {
  const folder = making.folders[at % making.folders.length] ?? 'Files'
  if (kind === 'stream') {
    if (making.owner === undefined || !isFree(making, `${making.owner}:${name}`)) return undefined
    return { type: 'stream', name: making.owner, stream: name, size: body.length }
  }
  const isDeletion = kind === 'whiteout' || kind === 'opaque'
  if (isDeletion && (making.isBase || folder === 'UtilityVM' || folder.startsWith('Hives'))) return undefined
  if (kind === 'opaque') return isFree(making, `${folder}/`) ? { type: 'opaque', name: folder } : undefined
  const path = `${folder}/${name}`
  if (folder === 'UtilityVM' || (folder.startsWith('Hives') && kind !== 'file') || !isFree(making, path))
    return undefined
  if (kind === 'whiteout') return { type: 'whiteout', name: path }
  const link = making.targets[at % Math.max(1, making.targets.length)]
  if (kind === 'link' && link === undefined) return undefined
  return { type: kind, name: path, ...(kind === 'link' ? { target: link } : { target }) } as LayerEntry
}

const add = (making: Making, picked: Pick): void => {
  const named = withNames(making, picked)
  if (named === undefined) return
  const { attributes, times: all, secured, body, hasData } = picked
  const isFolder = named.type === 'directory' || (named.type === 'junction' && hasData)
  const windows = {
    name: named.name,
    attributes: (isFolder ? attributes | 0x10 : attributes & ~0x10) >>> 0,
    times: all,
  }
  const put = (entry: LayerEntry, bytes = nothing): void => void making.all.push({ entry, body: bytes })
  if (named.type !== 'stream') making.owner = undefined
  if (named.type === 'stream') return put(named, body)
  if (named.type === 'whiteout' || named.type === 'opaque') return put(named)
  if (named.type === 'link') put({ ...windows, type: 'link', target: named.target })
  else if (named.type === 'file')
    put({ ...windows, ...secured, type: 'file', size: body.length, hasData: hasData || body.length > 0 }, body)
  else if (named.type === 'directory') put({ ...windows, ...secured, type: 'directory' })
  else put({ ...windows, ...secured, type: named.type, target: named.target })
  if (named.type === 'directory') making.folders.push(named.name)
  if ((named.type === 'file' || named.type === 'link') && !named.name.startsWith('Hives'))
    making.targets.push(named.name)
  if (named.type !== 'link') making.owner = named.name
}

const roots = ['Files', 'Hives', 'UtilityVM', 'UtilityVM/Files'] as const

/** A valid layer: folders before what is in them, targets before their links, streams behind their owners. */
export const layers = (isBase: boolean): fc.Arbitrary<readonly Whole[]> =>
  fc.tuple(fc.array(pick, { maxLength: 25 }), times).map(([picks, rootTimes]) => {
    const making: Making = { isBase, all: [], folders: [...roots], targets: [], taken: new Set(), owner: undefined }
    for (const name of roots) {
      making.all.push({ entry: { type: 'directory', name, attributes: 0x10, times: rootTimes }, body: nothing })
      making.taken.add(foldName(name))
    }
    for (const picked of picks) add(making, picked)
    return making.all
  })

/** Lengths of chunks. */
export const chunkings = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 400, max: 2000 })), {
  minLength: 1,
  maxLength: 5,
})
