import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  check,
  repair,
  rescue,
  type Backend,
  type Checked,
  type CheckOptions,
  type Finding,
  type RepairPlan,
} from '@varve/core'
import { levelStore } from '../store.js'
import { done, needLog, thrown, type Asked } from './commands.js'

/** Where the layers of a log are, and what reaches them: `MODULE#EXPORT`, a function that takes `{ root }`. */
export type LayersAt = { readonly root: string; readonly backend: string }

const isPath = (module: string): boolean => /^[./]|^[A-Za-z]:[\\/]/.test(module)

const backendAt = async ({ root, backend }: LayersAt): Promise<Backend> => {
  const [module = '', name = ''] = backend.split('#')
  const found = (await import(isPath(module) ? pathToFileURL(resolve(module)).href : module)) as Record<string, unknown>
  const make = found[name]
  if (typeof make === 'function') return (make as (options: { readonly root: string }) => Backend)({ root })
  throw thrown({
    message: `${module} has no function ${JSON.stringify(name)}; give --backend MODULE#EXPORT`,
    code: 'USAGE',
  })
}

const optionsOf = async ({ source, profile }: Asked, layers: LayersAt): Promise<CheckOptions> => ({
  store: levelStore(source),
  backend: await backendAt(layers),
  profile,
})

const width = 20

const drawn = ({ code, severity, id, name, found, means, repair: does }: Finding): string => {
  const about = id === null ? '' : `layer ${id}${name === null ? '' : ` ${JSON.stringify(name)}`}: `
  const lines = [
    `${about}${found}`,
    `so ${means}`,
    does === null ? 'the library can do nothing about it' : `repair: ${does}`,
  ]
  const [first, ...rest] = lines
  return [
    `${severity.padEnd(7)} ${code.padEnd(width)} ${first}`,
    ...rest.map((line) => `${' '.repeat(8 + width)} ${line}`),
  ].join('\n')
}

const summary = ({ findings, healthy }: Checked): string => {
  if (findings.length === 0) return 'nothing was found'
  const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`
  return healthy ? `${count}, and nothing is damaged` : count
}

/** Tells what is wrong with a log and its layers; the plan of a repair goes to a file, if one is named. */
export const checkLog = async (asked: Asked, layers: LayersAt, file: string | undefined): Promise<number> => {
  await needLog(asked)
  const checked = await done(check(await optionsOf(asked, layers)))
  if (file !== undefined) await writeFile(file, `${JSON.stringify(checked.plan, null, 2)}\n`, { flag: 'wx' })
  const { log, head, findings } = checked
  const steps =
    file === undefined ? [] : [`the plan is in ${file}: look at it, then varve repair ${asked.source} ${file}`]
  const lines = [`log ${log}, ${head.seq} good records`, ...findings.map(drawn), summary(checked), ...steps]
  asked.out(asked.json ? JSON.stringify(checked) : lines.join('\n'))
  return checked.healthy ? 0 : 1
}

/** Performs a plan that a check has written. */
export const repairLog = async (asked: Asked, layers: LayersAt, file: string): Promise<number> => {
  await needLog(asked)
  const plan = JSON.parse(await readFile(file, 'utf8')) as RepairPlan
  const repaired = await done(repair(plan, await optionsOf(asked, layers)))
  const { records, mended } = repaired
  const lines = [
    ...records.map(({ seq, type }) => `recorded ${seq} ${type}`),
    `${mended} things in the root were set right`,
  ]
  asked.out(asked.json ? JSON.stringify(repaired) : lines.join('\n'))
  return 0
}

/** Fills an empty log from the layers that are left. */
export const rescueLog = async (asked: Asked, layers: LayersAt): Promise<number> => {
  const rescued = await done(rescue(await optionsOf(asked, layers)))
  const { log, profile, snapshots, quarantined } = rescued
  const lines = [
    `log ${log}, to be opened with the profile ${profile}`,
    ...snapshots.map(({ id, kind, name }) => `rescued     ${id} ${kind} ${JSON.stringify(name)}`),
    ...Object.entries(quarantined).map(([name, reason]) => `quarantined ${name}: ${reason}`),
  ]
  asked.out(asked.json ? JSON.stringify(rescued) : lines.join('\n'))
  return 0
}
