import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { PromiseSnapshotter } from '@varve/core/promise'
import { copyIn, type Manifest } from '../copying/content.js'
import type { Entry, LeftOut, Survey } from '../copying/entries.js'
import type { Report } from '../reporting/report.js'

/** What goes into the image. `node`: the entry of a Windows node.exe, where one is put in. */
export type Sources = { readonly documents: Survey; readonly app: Survey; readonly node: Entry | undefined }

/** A committed layer: its snapshot, how it was made, and what a container that stands on it sees. */
export type BuiltLayer = { readonly name: string; readonly createdBy: string; readonly manifest: Manifest }

export type Built = {
  readonly layers: readonly [base: BuiltLayer, ...rest: BuiltLayer[]]
  readonly leftOut: readonly LeftOut[]
  /** What the last layer did to the ones below. */
  readonly removed: readonly string[]
  readonly renamed: readonly (readonly [from: string, to: string])[]
}

/** Where things are in the image. */
export const places = { documents: 'Users/Public/Documents', app: 'app', node: 'nodejs' } as const

/** A folder of the documents that the last layer deletes. */
const unwanted = `${places.documents}/decisions`

type Work = { readonly snapshotter: PromiseSnapshotter; readonly report: Report }

/** Makes a layer of whatever `write` does in the directory that the parent's content is laid out in. */
const layerOf = async <R>(
  { snapshotter }: Work,
  name: string,
  parent: string,
  write: (directory: string) => Promise<R>,
): Promise<R> => {
  const key = `${name}-work`
  await snapshotter.prepare(key, { parent })
  const { path } = await snapshotter.attach(key)
  const result = await write(path)
  await snapshotter.detach(key)
  await snapshotter.commit(name, key)
  return result
}

const parentsOf = (path: string): readonly string[] => {
  const above = dirname(path)
  return above === '.' ? [] : [...parentsOf(above), above]
}

const addDirectories = (manifest: Manifest, paths: readonly string[]): void => {
  for (const path of paths) manifest.set(path, 'directory')
}

/** Copies into a folder of the layer; the manifest follows. */
const copyBelow = async (
  directory: string,
  place: string,
  source: Survey,
  manifest: Manifest,
  { done, end }: ReturnType<Report['bytes']>,
): Promise<readonly LeftOut[]> => {
  await mkdir(join(directory, place), { recursive: true })
  const copied = await copyIn(source, join(directory, place), done)
  end()
  addDirectories(manifest, [...parentsOf(place), place])
  for (const [path, text] of copied.manifest) manifest.set(`${place}/${path}`, text)
  return [...source.leftOut, ...copied.leftOut]
}

const makeBase = async (
  work: Work,
  { documents }: Sources,
): Promise<{ layer: BuiltLayer; leftOut: readonly LeftOut[] }> => {
  work.report.step(`1  A base layer from nothing: documents in ${places.documents}`)
  const manifest: Manifest = new Map()
  const bar = work.report.bytes('copied in', documents.bytes)
  const leftOut = await layerOf(work, 'base', '', (path) => copyBelow(path, places.documents, documents, manifest, bar))
  return { layer: { name: 'base', createdBy: `COPY docs ${places.documents}`, manifest }, leftOut }
}

const makeApp = async (
  work: Work,
  { app, node }: Sources,
  base: Manifest,
): Promise<{ layer: BuiltLayer; leftOut: readonly LeftOut[] }> => {
  work.report.step(`2  A layer of real files in ${places.app}${node === undefined ? '' : `, Node in ${places.node}`}`)
  const manifest: Manifest = new Map(base)
  const leftOut = await layerOf(work, 'app', 'base', async (path) => {
    const bar = work.report.bytes('copied in', app.bytes)
    const withoutApp = await copyBelow(path, places.app, app, manifest, bar)
    if (node === undefined) return withoutApp
    const survey = { entries: [node], leftOut: [], bytes: node.bytes }
    const nodeBar = work.report.bytes('copied in', node.bytes)
    return [...withoutApp, ...(await copyBelow(path, places.node, survey, manifest, nodeBar))]
  })
  const createdBy = `COPY . ${places.app}${node === undefined ? '' : `; COPY node.exe ${places.node}`}`
  return { layer: { name: 'app', createdBy, manifest }, leftOut }
}

/** Files that have no other name in the layer: to move one moves nothing else. */
const singleFiles = ({ entries }: Survey, manifest: Manifest): readonly string[] => {
  const shared = new Set(entries.map(({ sameAs }) => sameAs))
  return entries
    .filter(({ type, path, sameAs }) => type === 'file' && sameAs === undefined && !shared.has(path))
    .map(({ path }) => `${places.app}/${path}`)
    .filter((path) => manifest.has(path))
}

const forget = (manifest: Manifest, path: string): void => {
  for (const known of manifest.keys()) if (known === path || known.startsWith(`${path}/`)) manifest.delete(known)
}

const makeChange = async (
  work: Work,
  { app }: Sources,
  below: Manifest,
): Promise<{ layer: BuiltLayer } & Pick<Built, 'removed' | 'renamed'>> => {
  work.report.step('3  A layer that deletes a folder and a file and moves another file')
  const manifest: Manifest = new Map(below)
  const [moved, deleted] = singleFiles(app, below)
  const removed = [...(manifest.has(unwanted) ? [unwanted] : []), ...(deleted === undefined ? [] : [deleted])]
  const renamed = moved === undefined ? [] : [[moved, `moved/${basename(moved)}`] as const]
  await layerOf(work, 'change', 'app', async (path) => {
    for (const one of removed) {
      await rm(join(path, one), { recursive: true })
      forget(manifest, one)
    }
    for (const [from, to] of renamed) {
      await mkdir(join(path, dirname(to)), { recursive: true })
      await rename(join(path, from), join(path, to))
      addDirectories(manifest, parentsOf(to))
      manifest.set(to, manifest.get(from) ?? '')
      forget(manifest, from)
    }
  })
  const commands = [...removed.map((path) => `DEL ${path}`), ...renamed.map(([from, to]) => `MOVE ${from} ${to}`)]
  return { layer: { name: 'change', createdBy: commands.join('; '), manifest }, removed, renamed }
}

/** Makes the three layers of the image in a store that is still empty. */
export const buildLayers = async (work: Work, sources: Sources): Promise<Built> => {
  const base = await makeBase(work, sources)
  const app = await makeApp(work, sources, base.layer.manifest)
  const change = await makeChange(work, sources, app.layer.manifest)
  const { removed, renamed } = change
  return {
    layers: [base.layer, app.layer, change.layer],
    leftOut: [...base.leftOut, ...app.leftOut],
    removed,
    renamed,
  }
}
