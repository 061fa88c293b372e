import type { Recorded } from '../src/model/event.js'
import type { Info, Mount } from '../src/model/snapshot.js'
import { bytesIn } from './bytes.js'
import type { Tree } from './content.js'
import { walked } from './fixtures.js'
import type { Script } from './script.js'
import { type Contents, contentsOfTar, type Shown } from './script-contents.js'
import { eventsIn, firstIdOf, mountsIn, timeOf, withoutWindows } from './script-norms.js'
import { answerOf, attach, begin, perform, type Run, type ScriptSubject, tarType } from './script-runner.js'
import type { PromiseFiles, PromiseSnapshotter } from './subject.js'

/** What came of a script, without what worlds may differ in: plain data, to be compared as it is. */
export type ScriptOutcome = {
  /** What each step answered, or the tag it was refused with. */
  readonly steps: readonly string[]
  readonly events: readonly string[]
  readonly snapshots: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** What is there, by path: types, contents, targets, and when files were modified. */
const shownTree = async (files: PromiseFiles): Promise<Tree> => {
  const tree: Record<string, string> = {}
  const directories = ['']
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop())
    for (const name of await files.list(directory)) {
      const path = directory === '' ? name : `${directory}/${name}`
      const { type, target = '', modified } = await files.stat(path)
      const content = type === 'file' ? new TextDecoder().decode(await files.read(path)) : target
      // That of a folder moves on with whatever is done in it, also by worlds.
      tree[path] = type === 'directory' ? type : `${type} ${content}, ${timeOf(modified)}`
      if (type === 'directory') directories.push(path)
    }
  return withoutWindows(tree)
}

/** The answer, or the tag of the refusal in its place. */
const orRefusal = async <T>(act: () => Promise<T>): Promise<T | string> => {
  let found: T | undefined
  const refusal = await answerOf(async () => {
    found = await act()
  })
  return found ?? refusal
}

/** What an Active or View shows; it is detached afterwards. */
const shownIn = (run: Run, key: string): Promise<Tree | string> =>
  orRefusal(async () => {
    const tree = await shownTree(await attach(run, key))
    await run.snapshotter.detach(key)
    return tree
  })

type Look = { readonly mounts: readonly Mount[]; readonly tree: Tree | string }

/** The mounts that stand for a committed layer, and what it shows. */
const lookAt = async (run: Run, name: string): Promise<Look> => {
  const { snapshotter } = run
  const key = `a look at ${name}`
  const made = await orRefusal(() => snapshotter.view(key, { parent: name }))
  const mounts = typeof made === 'string' ? await snapshotter.view(key, { parent: name, purpose: 'unpack' }) : made
  const tree = typeof made === 'string' ? made : await orRefusal(async () => shownTree(await attach(run, key)))
  // Mounts are read as they are; nothing needs to be there under them.
  await snapshotter.remove(key)
  return { mounts, tree }
}

/** Ids of the layers that a tar was applied to. */
const appliedIds = (records: readonly Recorded[]): ReadonlySet<number> =>
  new Set(records.flatMap((one) => (one.type === 'Applied' ? [one.data.id] : [])))

/** Whether a tar was applied to a snapshot that is there. */
const isApplied = ({ records }: Run, name: string): boolean => {
  const ids = appliedIds(records)
  const id = records.findLast(
    ({ type, data }) =>
      (type === 'Prepared' && data.key === name) || (type === 'Committed' && 'name' in data && data.name === name),
  )?.data
  return id !== undefined && 'id' in id && ids.has(id.id)
}

/** Any time will do. */
const sourceDateEpoch = 1_500_000_000

/** The tar of a layer, as it says itself and, for one that is kept as it came in, made anew as well. */
const tarsOfLayer = async (
  { snapshotter, subject }: Run,
  [lower, upper]: readonly [lower: readonly Mount[], upper: readonly Mount[]],
  { below, isKept }: { readonly below: Shown | undefined; readonly isKept: boolean },
): Promise<{ readonly tars: readonly (Contents | string)[]; readonly shown: Shown }> => {
  let shown: Shown = {}
  const made = (hasTimes: boolean): Promise<Contents | string> =>
    orRefusal(async () => {
      const options = { mediaType: tarType, ...(hasTimes ? {} : { sourceDateEpoch }) }
      const { digest } = await snapshotter.compare(lower, upper, options)
      const found = contentsOfTar(await bytesIn('the tar', subject.content.read(digest)), { below, hasTimes })
      if (hasTimes) shown = found.shown
      return found.contents
    })
  const tars = [await made(true), ...(isKept ? [await made(false)] : [])]
  return { tars, shown }
}

/** Parents before those that stand on them. */
const parentsFirst = (infos: readonly Info[]): readonly Info[] => {
  const sorted: Info[] = []
  const names = new Set([''])
  while (sorted.length < infos.length)
    for (const info of infos)
      if (!names.has(info.name) && names.has(info.parent)) {
        sorted.push(info)
        names.add(info.name)
      }
  return sorted
}

const pictureOf = async (run: Run): Promise<ScriptOutcome['snapshots']> => {
  const { snapshotter, subject } = run
  const infos = parentsFirst(await walked(snapshotter))
  const firstId = firstIdOf(run.records)
  const pictures: Record<string, Record<string, unknown>> = {}
  const stacks = new Map([['', await snapshotter.view('a look at nothing')]])
  for (const { created: _created, updated: _updated, ...info } of infos) {
    const { name, kind } = info
    const { inodes, scratch } = await snapshotter.usage(name)
    const mounts = await orRefusal(() => snapshotter.mounts(name))
    const look = kind === 'Committed' ? await lookAt(run, name) : { mounts, tree: await shownIn(run, name) }
    if (typeof look.mounts !== 'string') stacks.set(name, look.mounts)
    const shownMounts = typeof mounts === 'string' ? mounts : mountsIn(subject.layout, mounts, firstId)
    pictures[name] = { ...info, inodes, hasScratch: scratch > 0, mounts: shownMounts, tree: look.tree }
  }
  const shows = new Map<string, Shown>()
  for (const { name, parent, kind } of infos.filter((info) => info.kind !== 'View')) {
    const stack = [stacks.get(parent) ?? [], stacks.get(name) ?? []] as const
    const below = parent === '' ? undefined : (shows.get(parent) ?? {})
    const { tars, shown } = await tarsOfLayer(run, stack, {
      below,
      isKept: kind === 'Committed' && isApplied(run, name),
    })
    shows.set(name, shown)
    pictures[name] = { ...pictures[name], tars }
  }
  return pictures
}

/** Removes everything, those first that nothing stands on. */
const clear = async ({ snapshotter }: Run): Promise<void> => {
  const left = new Map((await walked(snapshotter)).map(({ name, parent }) => [name, parent]))
  while (left.size > 0) {
    const parents = new Set(left.values())
    for (const name of [...left.keys()].filter((one) => !parents.has(one))) {
      await snapshotter.remove(name)
      left.delete(name)
    }
  }
  await snapshotter.cleanup()
}

export type Played = { readonly outcome: ScriptOutcome; readonly snapshotter: PromiseSnapshotter }

/**
 * Runs a script, and answers what it has come to and the snapshotter that is open then. Nothing is left that the next script
 * could see.
 */
export const play = async (subject: ScriptSubject, opened: PromiseSnapshotter, script: Script): Promise<Played> => {
  const run = begin(subject, opened)
  const steps: string[] = []
  for (const step of script) steps.push(await answerOf(() => perform(run, step)))
  await run.snapshotter.cleanup()
  const events = eventsIn(run.records)
  const snapshots = await pictureOf(run)
  await clear(run)
  return { outcome: { steps, events, snapshots }, snapshotter: run.snapshotter }
}

/** What a script comes to with a fresh subject. */
export const outcomeOf = async (open: () => Promise<ScriptSubject>, script: Script): Promise<ScriptOutcome> => {
  const subject = await open()
  try {
    return (await play(subject, subject.snapshotter, script)).outcome
  } finally {
    await subject.close()
  }
}
