/** A Windows image from nothing: three layers, written as an OCI image layout, unpacked again and compared. */
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Descriptor } from '@varve/core'
import { directoryContent } from '@varve/store-level'
import { filesIn } from '../copying/content.js'
import { allInfos } from '../reporting/infos.js'
import type { Entry } from '../copying/entries.js'
import { jsonReport, textReport, type Report } from '../reporting/report.js'
import { help, readArguments, repository, type Asked } from './arguments.js'
import { checkImage, following, openIn, type Checked } from './check.js'
import { buildLayers, places, type Built, type Sources } from './layers.js'
import { newestSecond, surveyOwn } from './sources.js'
import { imageRef, writeImage } from './write-image.js'

const exitCodes = { equal: 0, failed: 1, usage: 2, inUse: 3 } as const

const nodeEntry = async (source: string): Promise<Entry> => ({
  path: 'node.exe',
  source,
  type: 'file',
  bytes: (await stat(source)).size,
})

const findSources = async ({ from, nodeExe, out }: Asked): Promise<Sources> => {
  const without = await realpath(out)
  return {
    documents: await surveyOwn(join(repository, 'docs'), without),
    app: await (from === undefined ? surveyOwn(join(repository, 'packages'), without) : surveyOwn(from, without)),
    node: nodeExe === undefined ? undefined : await nodeEntry(nodeExe),
  }
}

const sourceFiles = ({ documents, app, node }: Sources): readonly string[] =>
  [...documents.entries, ...app.entries, ...(node === undefined ? [] : [node])]
    .filter(({ type }) => type === 'file')
    .map(({ source }) => source)

const bytesIn = ({ documents, app, node }: Sources): number => documents.bytes + app.bytes + (node?.bytes ?? 0)

type Written = { readonly built: Built; readonly manifest: Descriptor; readonly layers: readonly Descriptor[] }

/** Builds the layers in a store below `place` and writes the image. */
const build = async (report: Report, asked: Asked, sources: Sources, place: string): Promise<Written> => {
  const content = directoryContent(asked.out)
  const snapshotter = await openIn(place, content)
  try {
    snapshotter.events$.subscribe((record) => report.event(record))
    const built = await buildLayers({ snapshotter, report }, sources)
    report.tree(await allInfos(snapshotter))
    report.step(`4  The image, written to ${asked.out}`)
    const epoch = asked.epoch ?? (await newestSecond(sourceFiles(sources)))
    const total = bytesIn(sources)
    const progress = following(snapshotter, report.bytes('exported', total), total)
    const config = sources.node === undefined ? {} : { Cmd: [`C:\\${places.node}\\node.exe`] }
    const image = await writeImage({ snapshotter, content, epoch }, built.layers, config)
    progress.end()
    const layers = image.layers.map(({ descriptor }) => descriptor)
    return { built, manifest: image.manifest.descriptor, layers }
  } finally {
    await snapshotter.close()
  }
}

const seconds = (from: number, to: number): string => ((to - from) / 1_000).toFixed(2)

const summary = (
  { out }: Asked,
  { built, manifest, layers }: Written,
  checked: Checked,
  times: readonly [started: number, wrote: number, done: number],
): Readonly<Record<string, string | number>> => ({
  image: `oci:${out}:${imageRef}`,
  manifest: manifest.digest,
  ...Object.fromEntries(layers.map(({ digest, size }, at) => [`layer ${at + 1}`, `${digest} (${size} bytes)`])),
  'chain id': checked.chains.at(-1) ?? '',
  'files in the image': filesIn(built.layers.at(-1)?.manifest ?? new Map()),
  'deleted in layer 3': built.removed.join(', '),
  'moved in layer 3': built.renamed.map(([from, to]) => `${from} to ${to}`).join(', '),
  'entries left out': built.leftOut.length,
  'layers unpacked': checked.applied,
  'files read back equal': checked.filesEqual,
  'problems found': checked.problems.length,
  'seconds to build and write': seconds(times[0], times[1]),
  'seconds to unpack and compare': seconds(times[1], times[2]),
})

const work = async (report: Report, asked: Asked, place: string): Promise<number> => {
  const started = performance.now()
  await mkdir(asked.out, { recursive: true })
  const sources = await findSources(asked)
  const written = await build(report, asked, sources, join(place, 'build'))
  const wrote = performance.now()
  report.step('5  The image again, unpacked into a fresh store, twice at the same time')
  const { built } = written
  const fresh = join(place, 'fresh')
  const checked = await checkImage(report, directoryContent(asked.out), fresh, built.layers, bytesIn(sources))
  for (const { path, why } of built.leftOut.slice(0, 20)) report.note(`left out ${path}: ${why}`)
  if (built.leftOut.length > 20) report.note(`and ${built.leftOut.length - 20} more`)
  report.table(summary(asked, written, checked, [started, wrote, performance.now()]))
  for (const problem of checked.problems) report.problem(problem)
  return checked.problems.length === 0 ? exitCodes.equal : exitCodes.failed
}

type Tagged = { readonly _tag?: string; readonly code?: unknown; readonly message: string; readonly stack?: string }

/** Answers the exit code. What it needs beside the image is in a temporary directory that goes with it. */
export const main = async (argv: readonly string[]): Promise<number> => {
  const asked = await readArguments(argv, process.env['SOURCE_DATE_EPOCH'])
  if ('wrong' in asked) {
    if (asked.wrong === '') console.log(help)
    else console.error(`${asked.wrong}\n\n${help}`)
    return asked.wrong === '' ? exitCodes.equal : exitCodes.usage
  }
  // People have the trees; every event is for machines.
  const report = asked.json ? jsonReport() : { ...textReport(), event: () => undefined }
  const place = await mkdtemp(join(tmpdir(), 'varve-build-image-'))
  const tidyUp = (): void => rmSync(place, { recursive: true, force: true })
  // Signals end the process without waiting for anybody.
  process.once('exit', tidyUp)
  try {
    return await work(report, asked, place)
  } catch (error) {
    const { _tag, code, message, stack } = error as Tagged
    report.problem(_tag === undefined ? String(stack) : `${_tag}: ${message}`)
    return code === 'REF_LOCKED' ? exitCodes.inUse : exitCodes.failed
  } finally {
    process.off('exit', tidyUp)
    tidyUp()
  }
}
