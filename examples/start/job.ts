import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PromiseSnapshotter } from '@varve/core/promise'
import { copyIn, differences, digestOf, filesIn, readBack, textOfBytes, type Manifest } from '../copying/content.js'
import { survey, type Entry, type LeftOut, type Survey } from '../copying/entries.js'
import { allInfos } from '../reporting/infos.js'
import type { Report } from '../reporting/report.js'

/** On a committed layer: the digest of all that was in it, so that later runs can tell whether it still is. */
export const contentLabel = 'varve.example/content'

export type Job = {
  readonly snapshotter: PromiseSnapshotter
  readonly report: Report
  readonly from: string
  readonly data: string
  /** The prefix of this run's keys and names. */
  readonly run: string
}

export type Done = {
  readonly filesIn: number
  readonly bytesIn: number
  readonly filesEqual: number
  readonly differing: readonly string[]
  readonly leftOut: readonly LeftOut[]
}

const showTree = async ({ snapshotter, report, run }: Job): Promise<void> => {
  const infos = await allInfos(snapshotter)
  report.tree(infos.filter(({ name }) => name.startsWith(`${run}/`)))
}

type Base = { readonly surveyed: Survey; readonly manifest: Manifest; readonly leftOut: readonly LeftOut[] }

const makeBase = async (job: Job): Promise<Base> => {
  const { snapshotter, report, from, data, run } = job
  report.step(`1  A base layer from nothing: the files of ${from}`)
  const surveyed = await survey(from, data)
  await snapshotter.prepare(`${run}/base-work`)
  const { path } = await snapshotter.attach(`${run}/base-work`)
  const bar = report.bytes('copied in', surveyed.bytes)
  const copied = await copyIn(surveyed, path, bar.done)
  bar.end()
  await snapshotter.detach(`${run}/base-work`)
  await snapshotter.commit(`${run}/base`, `${run}/base-work`, { labels: { [contentLabel]: digestOf(copied.manifest) } })
  await showTree(job)
  return { surveyed, manifest: copied.manifest, leftOut: [...surveyed.leftOut, ...copied.leftOut] }
}

/** Adds a file, and of the files there changes one, renames one and removes one; the manifest follows. */
const change = async (path: string, manifest: Manifest, files: readonly string[]): Promise<void> => {
  const note = 'one line of a child layer\n'
  await mkdir(join(path, 'varve'), { recursive: true })
  await writeFile(join(path, 'varve/note.txt'), note)
  manifest.set('varve', 'directory').set('varve/note.txt', textOfBytes(Buffer.from(note)))
  const [changed, renamed, removed] = files
  if (changed !== undefined) {
    await appendFile(join(path, changed), note)
    manifest.set(changed, textOfBytes(await readFile(join(path, changed))))
  }
  if (renamed !== undefined) {
    await rename(join(path, renamed), join(path, 'varve/renamed'))
    manifest.set('varve/renamed', manifest.get(renamed) ?? '')
    manifest.delete(renamed)
  }
  if (removed !== undefined) {
    await rm(join(path, removed))
    manifest.delete(removed)
  }
}

/** Files that have no other name in the layer: to change one changes nothing else. */
const singleFiles = (entries: readonly Entry[], manifest: Manifest): readonly string[] => {
  const shared = new Set(entries.flatMap(({ sameAs }) => (sameAs === undefined ? [] : [sameAs])))
  return entries
    .filter(
      ({ type, path, sameAs }) => type === 'file' && sameAs === undefined && !shared.has(path) && manifest.has(path),
    )
    .map(({ path }) => path)
}

const makeChild = async (job: Job, base: Base): Promise<Manifest> => {
  const { snapshotter, report, run } = job
  report.step('2  A child layer: one file added, one changed, one renamed, one removed')
  const manifest: Manifest = new Map(base.manifest)
  await snapshotter.prepare(`${run}/child-work`, { parent: `${run}/base` })
  const { path } = await snapshotter.attach(`${run}/child-work`)
  await change(path, manifest, singleFiles(base.surveyed.entries, base.manifest))
  await snapshotter.detach(`${run}/child-work`)
  await snapshotter.commit(`${run}/child`, `${run}/child-work`, { labels: { [contentLabel]: digestOf(manifest) } })
  await showTree(job)
  return manifest
}

const refusals = new Set(['EACCES', 'EPERM', 'EROFS'])

/** Writes into a view, which may refuse that. */
const writeInto = async (view: string, name: string): Promise<void> => {
  try {
    await writeFile(join(view, name), 'written to a view\n')
  } catch (error) {
    if (!refusals.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** What a view of a committed layer shows; the view is written to, to show that its parent does not change, and removed. */
export const contentOf = async (snapshotter: PromiseSnapshotter, key: string, parent: string): Promise<Manifest> => {
  await snapshotter.view(key, { parent })
  const { path } = await snapshotter.attach(key)
  const found = await readBack(path)
  await writeInto(path, 'written-to-a-view.txt')
  await snapshotter.detach(key)
  await snapshotter.remove(key)
  return found
}

/** The whole run: a base layer, a child, views that are read back and removed. */
export const runJob = async (job: Job): Promise<Done> => {
  const { snapshotter, report, run } = job
  const base = await makeBase(job)
  const child = await makeChild(job, base)
  report.step('3  Views of both, read back and removed')
  const differing: string[] = []
  let equal = 0
  for (const [name, manifest] of [
    ['child', child],
    ['base', base.manifest],
  ] as const) {
    const found = await contentOf(snapshotter, `${run}/look-at-${name}`, `${run}/${name}`)
    const unequal = differences(manifest, found)
    differing.push(...unequal.map((path) => `${run}/${name}: ${path}`))
    equal += filesIn(manifest) - unequal.filter((path) => manifest.get(path)?.startsWith('file ')).length
  }
  await snapshotter.cleanup()
  await showTree(job)
  return {
    filesIn: filesIn(base.manifest),
    bytesIn: base.surveyed.bytes,
    filesEqual: equal,
    differing,
    leftOut: base.leftOut,
  }
}
