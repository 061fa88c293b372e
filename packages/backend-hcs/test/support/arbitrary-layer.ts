import * as fc from 'fast-check'
import { foldName, nameProblem } from '@varve/core/ports'
import { pathProblem, type EntryTimes, type LayerEntry } from '@varve/core/tar'

/** An entry with its bytes. */
export type Whole = { readonly entry: LayerEntry; readonly body: Uint8Array }

const name = fc
  .oneof(
    fc.constantFrom('a', 'b', 'old', 'Windows', 'ä', '漢字', '\u{1f600}', '\uffee', '__proto__', 'constructor'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
  )
  .filter((text) => nameProblem(text) === undefined && pathProblem(`Files/${text}`) === undefined)

/** Steps of 100 ns after 1601. */
const time = fc.bigInt({ min: -116_444_735_999_999_999n, max: 9_000_000_000_000_000_000n }).map((steps) => steps * 100n)
const times: fc.Arbitrary<EntryTimes> = fc.record(
  { created: time, accessed: time, modified: time, changed: time },
  { noNullPrototype: true },
)

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.uint8Array({ minLength: 200, maxLength: 400 }),
  fc.integer({ min: 300, max: 900 }).map((length) => new Uint8Array(length).fill(7, 210, 220)),
)

const pick = fc.record({
  kind: fc.constantFrom('file', 'file', 'directory', 'symlink', 'junction', 'link', 'stream', 'whiteout', 'opaque'),
  at: fc.nat(),
  name,
  attributes: fc.integer({ min: 0, max: 0x3f }).map((bits) => bits & ~0x10),
  times,
  secured: fc.record(
    {
      security: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 40 }).map((descriptor) => ({ bytes: descriptor })),
        fc.constant({ sddl: 'O:SYG:BAD:(A;;FA;;;SY)' }),
      ),
      extended: fc.dictionary(fc.constantFrom('A', 'B.C', '$X'), fc.uint8Array({ maxLength: 9 }), {
        minKeys: 1,
        noNullPrototype: true,
      }),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
  bytes,
  isFolder: fc.boolean(),
  target: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0')),
})
type Pick = typeof pick extends fc.Arbitrary<infer T> ? T : never

type Making = {
  readonly all: Whole[]
  readonly folders: string[]
  readonly targets: string[]
  readonly taken: Set<string>
  owner: string | undefined
  readonly deletable: readonly string[]
  /** Own files. */
  readonly own: Set<string>
  /** Names of parents' that nothing of the layer may have: deleted, or linked to. */
  readonly deleted: Set<string>
  /** Folders of parents that something in them is deleted or linked to. */
  readonly implied: Set<string>
}

const none = new Uint8Array()

const take = ({ taken }: Making, path: string): boolean => {
  const folded = foldName(path)
  if (taken.has(folded)) return false
  taken.add(folded)
  return true
}

const foldersAbove = (path: string): readonly string[] => {
  const names = path.split('/')
  return names.slice(1, -1).map((_, index) => names.slice(0, index + 2).join('/'))
}

/** What is above is a folder of the layer, or one that it leaves to its parents; it stays that. */
const canBeBelow = (making: Making, path: string): boolean => {
  const above = foldersAbove(path).filter((folder) => !making.folders.includes(folder))
  if (above.some((folder) => making.taken.has(foldName(folder)) && !making.implied.has(folder))) return false
  for (const folder of above) {
    making.taken.add(foldName(folder))
    making.implied.add(folder)
  }
  return true
}

/** An own file, or one of a parent that nothing of the layer stands in the place of. */
const canBeTarget = (making: Making, target: string): boolean => {
  if (making.own.has(target)) return true
  if (making.taken.has(foldName(target)) && !making.deleted.has(target)) return false
  if (!canBeBelow(making, target)) return false
  making.taken.add(foldName(target))
  making.deleted.add(target)
  return true
}

const addOwn = (making: Making, picked: Pick, path: string): void => {
  const { kind, secured, target, bytes: body } = picked
  const isFolder = kind === 'directory' || (kind === 'junction' && picked.isFolder)
  const windows = { name: path, attributes: picked.attributes | (isFolder ? 0x10 : 0), times: picked.times, ...secured }
  if (kind === 'directory') {
    making.folders.push(path)
    making.all.push({ entry: { ...windows, type: kind }, body: none })
  } else if (kind === 'file') {
    making.targets.push(path)
    making.own.add(path)
    making.all.push({ entry: { ...windows, type: kind, size: body.length, hasData: true }, body })
  } else if (kind === 'symlink' || kind === 'junction')
    making.all.push({ entry: { ...windows, type: kind, target }, body: none })
  making.owner = path
}

const add = (making: Making, picked: Pick): void => {
  const { kind, at, bytes: body } = picked
  const folder = making.folders[at % making.folders.length] ?? 'Files'
  if (kind === 'stream') {
    const { owner } = making
    if (owner === undefined || !take(making, `${owner}:${picked.name}`)) return
    making.all.push({ entry: { type: 'stream', name: owner, stream: picked.name, size: body.length }, body })
    return
  }
  if (kind === 'whiteout') {
    const path = making.deletable[at % making.deletable.length]
    if (path === undefined || !canBeBelow(making, path) || !take(making, path)) return
    making.deleted.add(path)
    making.owner = undefined
    making.all.push({ entry: { type: 'whiteout', name: path }, body: none })
    return
  }
  if (kind === 'opaque') {
    if (making.deletable.length === 0 || folder === 'Files' || !take(making, `${folder}/`)) return
    making.owner = undefined
    making.all.push({ entry: { type: 'opaque', name: folder }, body: none })
    return
  }
  const path = `${folder}/${picked.name}`
  if (kind !== 'link') {
    if (take(making, path)) addOwn(making, picked, path)
    return
  }
  const target = making.targets[at % Math.max(1, making.targets.length)]
  if (target === undefined || !canBeTarget(making, target) || !take(making, path)) return
  making.owner = undefined
  making.all.push({
    entry: { type: 'link', name: path, attributes: picked.attributes, times: picked.times, target },
    body: none,
  })
}

/** A valid layer. `deletable`: what its parents have, of which files can be linked to. */
export const arbitraryLayer = (parent: {
  files: readonly string[]
  folders: readonly string[]
}): fc.Arbitrary<readonly Whole[]> =>
  fc.tuple(fc.array(pick, { maxLength: 20 }), times).map(([picks, top]) => {
    const making: Making = {
      all: [{ entry: { type: 'directory', name: 'Files', attributes: 0x10, times: top }, body: none }],
      folders: ['Files'],
      targets: [...parent.files],
      taken: new Set([foldName('Files')]),
      owner: undefined,
      deletable: [...parent.files, ...parent.folders],
      own: new Set(),
      deleted: new Set(),
      implied: new Set(),
    }
    for (const picked of picks) add(making, picked)
    return making.all
  })
