/** A place where two values differ; undefined: there is nothing there. */
export type Difference = { readonly path: string; readonly before: unknown; readonly after: unknown }

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null ? (value as Fields) : undefined

const below = (path: string, field: string, isArray: boolean): string => {
  if (isArray) return `${path}[${field}]`
  return path === '' ? field : `${path}.${field}`
}

/**
 * Where two values made of plain objects, arrays and simple values differ, in the order of the first one's fields. Paths are
 * those of InvalidArgument and Update: `data.labels.a`, `parents[0]`. A field that is undefined is one that is not there.
 */
export function* differences(before: unknown, after: unknown, path = ''): Generator<Difference> {
  const [one, other] = [fieldsOf(before), fieldsOf(after)]
  const isArray = Array.isArray(before)
  if (one === undefined || other === undefined || isArray !== Array.isArray(after)) {
    if (!Object.is(before, after)) yield { path, before, after }
    return
  }
  for (const field of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const own = Object.hasOwn(one, field) ? one[field] : undefined
    const others = Object.hasOwn(other, field) ? other[field] : undefined
    yield* differences(own, others, below(path, field, isArray))
  }
}
