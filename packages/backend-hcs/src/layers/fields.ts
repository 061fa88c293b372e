import type { World } from './world.js'

/** What a JSON file says. */
export type Fields = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null

/** The fields of a small JSON file; none where it is missing or damaged. */
export const readFields = ({ machine: { files } }: World, path: string): Fields => {
  if (files.kindOf(path) !== 'file') return {}
  try {
    const found: unknown = JSON.parse(new TextDecoder().decode(files.readFile(path)))
    return isRecord(found) ? found : {}
  } catch (cause) {
    if (cause instanceof SyntaxError) return {}
    throw cause
  }
}
