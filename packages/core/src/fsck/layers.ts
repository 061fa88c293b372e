import type { Snapshot } from '../model/snapshot.js'
import type { BackendMend, FoundDisk, LayerParts, Remakable } from '../runtime/ports.js'
import { finding, type Finding, type FindingCode } from './findings.js'

/** What is wrong with the layer of a snapshot, and what to do about it. `lost`: why there is no way but to give it up. */
export type JudgedLayer = {
  readonly findings: readonly Finding[]
  readonly mends: readonly BackendMend[]
  readonly lost?: string
}

/** What judging a layer needs besides it. */
export type Judging = {
  readonly remakes: ReadonlySet<Remakable>
  /** Whether the base layer has, or will have, the template at a path below it. */
  readonly hasTemplate: (path: string) => boolean
  /** A free name in quarantine for what was found at a path. */
  readonly freeName: (path: string) => string
  /** The layer's directory, below the root. */
  readonly path: string
}

const fine: JudgedLayer = { findings: [], mends: [] }

const all = (judged: readonly JudgedLayer[]): JudgedLayer => {
  const lost = judged.find((one) => one.lost !== undefined)?.lost
  return {
    findings: judged.flatMap(({ findings }) => findings),
    mends: judged.flatMap(({ mends }) => mends),
    ...(lost === undefined ? {} : { lost }),
  }
}

type Disk = {
  readonly path: string
  /** The virtual size that it was made with. */
  readonly size?: string
  /** The template in the base layer; absent of a template. */
  readonly madeFrom?: string
  readonly remakable: Remakable
  readonly codes: { readonly missing: FindingCode; readonly truncated: FindingCode; readonly damaged: FindingCode }
}

const scratchCodes = { missing: 'missing-scratch', truncated: 'truncated-scratch', damaged: 'damaged-scratch' } as const
const templateCodes = {
  missing: 'missing-template',
  truncated: 'damaged-template',
  damaged: 'damaged-template',
} as const

const diskProblem = (asked: Disk, disk: FoundDisk | undefined): readonly [FindingCode, string] | undefined => {
  if (disk === undefined) return [asked.codes.missing, 'is missing']
  if (disk.problem !== undefined) return [asked.codes[disk.problem.kind], `is no use: ${disk.problem.message}`]
  const isOther = asked.size !== undefined && disk.virtualSize !== undefined && disk.virtualSize !== asked.size
  return isOther
    ? ['wrong-scratch-size', `has a virtual size of ${disk.virtualSize} bytes, and was made with ${asked.size}`]
    : undefined
}

const judgeDisk = (
  { id, name, parents = [] }: Snapshot,
  { disks }: LayerParts,
  asked: Disk,
  { remakes, hasTemplate, freeName, path }: Judging,
): JudgedLayer => {
  const disk = disks.find((one) => one.path === asked.path)
  const problem = diskProblem(asked, disk)
  if (problem === undefined) return fine
  const [code, what] = problem
  const found = `${path}/${asked.path} ${what}`
  const isTemplate = asked.remakable === 'template'
  if (!remakes.has(asked.remakable)) {
    const byHand = 'nothing: this backend can not make it anew; make the layer again'
    return isTemplate
      ? { findings: [finding(code, { id, name, found: `${found} (${byHand})`, repair: null })], mends: [] }
      : { findings: [finding(code, { id, name, found, repair: lostWithDisk })], mends: [], lost: found }
  }
  if (asked.madeFrom !== undefined && !hasTemplate(asked.madeFrom)) {
    const byHand = `nothing: its base layer lacks ${asked.madeFrom}, which it would be made from`
    return { findings: [finding(code, { id, name, found: `${found} (${byHand})`, repair: null })], mends: [] }
  }
  const full = `${path}/${asked.path}`
  const remake: BackendMend = { type: 'RemakeDisk', id, path: asked.path, parents, requested: asked.size ?? '0' }
  const aside: readonly BackendMend[] =
    disk === undefined ? [] : [{ type: 'Quarantine', path: full, to: freeName(full) }]
  return { findings: [finding(code, { id, name, found })], mends: [...aside, remake] }
}

const lostWithDisk = 'its content was in the disk: the snapshot is given up, and what is left of it goes to quarantine'

const scratchDisks = ({ kind, scratch }: Snapshot): readonly Disk[] => {
  const remakable = kind === 'View' ? 'scratch of a View' : 'scratch of an Active'
  const own = { path: 'sandbox.vhdx', madeFrom: 'blank.vhdx', remakable, codes: scratchCodes } as const
  const machine = {
    path: 'vm/sandbox.vhdx',
    madeFrom: 'UtilityVM/SystemTemplate.vhdx',
    remakable,
    codes: scratchCodes,
  } as const
  return [
    scratch === null ? own : { ...own, size: scratch.effective },
    ...(scratch?.utilityVm === true ? [machine] : []),
  ]
}

const template = (path: string): Disk => ({ path, remakable: 'template', codes: templateCodes })

/** A template after the one that it is made from. */
const baseDisks = ({ hasUtilityVm }: LayerParts): readonly Disk[] =>
  [
    'blank-base.vhdx',
    'blank.vhdx',
    ...(hasUtilityVm ? ['UtilityVM/SystemTemplateBase.vhdx', 'UtilityVM/SystemTemplate.vhdx'] : []),
  ].map(template)

const judgeBase = (snapshot: Snapshot, parts: LayerParts, judging: Judging): JudgedLayer => {
  const { id, name } = snapshot
  const disks = baseDisks(parts).map((disk) => judgeDisk(snapshot, parts, disk, judging))
  const { missingBaseFiles: missing } = parts
  if (missing.length === 0) return all(disks)
  const found = `of ${judging.path}, a base layer, ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`
  if (!judging.remakes.has('base files'))
    return all([{ findings: [finding('half-made-base', { id, name, found, repair: null })], mends: [] }, ...disks])
  const mend: BackendMend = { type: 'RemakeBaseFiles', id }
  return all([{ findings: [finding('half-made-base', { id, name, found })], mends: [mend] }, ...disks])
}

/** A disk that a committed layer keeps is in nobody's way as long as it is whole, and needed by nobody when it is not. */
const judgeKept = ({ id, name }: Snapshot, { disks }: LayerParts, { freeName, path }: Judging): JudgedLayer =>
  all(
    disks
      .filter((disk) => disk.path === 'sandbox.vhdx' && disk.problem !== undefined)
      .map(({ path: below, problem }) => {
        const full = `${path}/${below}`
        const code = scratchCodes[problem?.kind ?? 'damaged']
        const found = `${full}, which was kept at the commit, is no use: ${problem?.message ?? ''}`
        const repair = 'it goes to quarantine: the content is in the layer itself'
        return {
          findings: [finding(code, { id, name, found, repair })],
          mends: [{ type: 'Quarantine', path: full, to: freeName(full) }],
        }
      }),
  )

const isFilled = ({ purpose, usage }: Snapshot): boolean => purpose === 'unpack' && usage.size > 0

/** Whether the layer has a directory of content of its own: an unpack layer only when a tar has filled it. */
const needsContent = ({ kind, purpose, parents = [] }: Snapshot): boolean =>
  purpose === 'scratch' && (kind === 'Committed' || parents.length === 0)

const missingContent = (snapshot: Snapshot, { names, hasFiles }: LayerParts): string | undefined => {
  if (needsContent(snapshot) && !hasFiles) return 'has no directory Files'
  const isEmpty = !names.some((name) => ['Files', 'Hives', 'UtilityVM'].includes(name))
  return isEmpty && isFilled(snapshot) ? 'has nothing in it' : undefined
}

/** Judges the directory of a layer by the record of its snapshot. */
export const judgeLayer = (snapshot: Snapshot, parts: LayerParts | undefined, judging: Judging): JudgedLayer => {
  const { id, name, kind, purpose, parents = [] } = snapshot
  const problem = parts === undefined ? 'is no directory' : missingContent(snapshot, parts)
  if (parts === undefined || problem !== undefined) {
    const found = `${judging.path} ${problem}`
    return { findings: [finding('missing-content', { id, name, found })], mends: [], lost: found }
  }
  if (kind !== 'Committed')
    return purpose === 'scratch' && parents.length > 0
      ? all(scratchDisks(snapshot).map((disk) => judgeDisk(snapshot, parts, disk, judging)))
      : fine
  const kept = judgeKept(snapshot, parts, judging)
  const isBase = parents.length === 0 && (purpose === 'scratch' || parts.hasFiles)
  return isBase ? all([judgeBase(snapshot, parts, judging), kept]) : kept
}
