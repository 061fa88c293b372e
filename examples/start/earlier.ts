import type { Info } from '@varve/core'
import type { PromiseSnapshotter } from '@varve/core/promise'
import { digestOf } from '../copying/content.js'
import { allInfos } from '../reporting/infos.js'
import type { Report } from '../reporting/report.js'
import { contentLabel, contentOf } from './job.js'

const runNumber = ({ name }: Info): number => Number(/^run-([0-9]+)\//.exec(name)?.[1] ?? 0)

/** The number of the next run: names carry it, so that runs don't meet. */
export const nextRun = async (snapshotter: PromiseSnapshotter): Promise<number> =>
  Math.max(0, ...(await allInfos(snapshotter)).map(runNumber)) + 1

/** Tells what opening finished or undid, removes what earlier runs left unfinished, and answers how many that was. */
export const tidyUp = async (snapshotter: PromiseSnapshotter, report: Report): Promise<number> => {
  const { recovered } = snapshotter
  const unfinished = (await allInfos(snapshotter)).filter(({ kind }) => kind !== 'Committed')
  if (recovered.length > 1 || unfinished.length > 0) report.step('0  What earlier runs left')
  for (const record of recovered) report.event(record)
  for (const { name, kind } of unfinished) {
    report.note(`removing the ${kind} snapshot ${name}, which its run did not finish`)
    await snapshotter.remove(name)
  }
  await snapshotter.cleanup()
  return unfinished.length
}

/** Reads back every committed layer of earlier runs and answers those that are no longer what was committed. */
export const checkEarlier = async (
  snapshotter: PromiseSnapshotter,
  report: Report,
  run: string,
): Promise<readonly string[]> => {
  const layers = (await allInfos(snapshotter)).filter(
    ({ kind, labels }) => kind === 'Committed' && contentLabel in labels,
  )
  const changed: string[] = []
  for (const { name, labels } of layers) {
    const digest = digestOf(await contentOf(snapshotter, `${run}/check/${name}`, name))
    if (digest !== labels[contentLabel])
      changed.push(`${name}: committed as ${labels[contentLabel] ?? ''}, found ${digest}`)
  }
  if (layers.length > 0) {
    report.note(`${layers.length - changed.length} of ${layers.length} layers of earlier runs read back equal`)
  }
  return changed
}
