import type { Sidecar as Told } from '../model/sidecar.js'

/** What is known of a layer without its log. */
export type Sidecar = Told & {
  /** By disk of the layer, the disk that it was copied from or stands on: paths below the layer and below the root. */
  readonly templates: Readonly<Record<string, string>>
}

/** What a file of JSON says, as far as it says anything. */
export type Fields = Readonly<Record<string, unknown>>

/** Whether a value is an object with fields. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The fields of a JSON object; none where the bytes hold anything else. */
export const fieldsIn = (bytes: Uint8Array): Fields => {
  try {
    const found: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isFields(found) ? found : {}
  } catch {
    return {}
  }
}

/** The text of a sidecar. `log`: the UUID of the log whose root it lies in. */
export const sidecarBytes = (log: string, sidecar: Fields): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify({ log, ...sidecar }, null, 2)}\n`)

/** The templates that a sidecar names; none where it is lost or damaged. */
export const templatesIn = ({ templates }: Fields): Sidecar['templates'] => {
  const entries = isFields(templates) ? Object.entries(templates) : []
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
