import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Labels } from '@varve/core/ports'
import { codeOf } from '../faults.js'
import { type Layout, writeWhole } from './layout.js'

const fileOf = ({ labels }: Layout, hex: string): string => join(labels, `${hex}.json`)

const isLabels = (value: unknown): value is Labels =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((label) => typeof label === 'string')

const parsed = (text: string, file: string): Labels => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (isLabels(value)) return value
  throw Object.assign(new Error(`${file} is no JSON object of strings`), { code: 'LABELS_DAMAGED' })
}

/** The labels of a blob. Rejects where the file can't be read or is damaged. */
export const readLabels = async (layout: Layout, hex: string): Promise<Labels> => {
  const file = fileOf(layout, hex)
  try {
    return parsed(await readFile(file, 'utf8'), file)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {}
    throw error
  }
}

const byKey = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : Number(a > b))

/** Sets labels of a blob, deletes those that are empty, and answers all it has then. */
export const changeLabels = async (layout: Layout, hex: string, changes: Labels): Promise<Labels> => {
  if (Object.keys(changes).length === 0) return readLabels(layout, hex)
  let labels: Labels = {}
  await writeWhole(layout, fileOf(layout, hex), async () => {
    const merged = { ...(await readLabels(layout, hex)), ...changes }
    labels = Object.fromEntries(
      Object.entries(merged)
        .filter(([, value]) => value !== '')
        .sort(byKey),
    )
    return Buffer.from(`${JSON.stringify(labels)}\n`)
  })
  return labels
}
