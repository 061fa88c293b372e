const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const same = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return (
      a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i])
    )
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
}

const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return `${value}n`
  if (value === undefined) return '(undefined)'
  if (value instanceof Uint8Array) return `${value.length} bytes: ${value.subarray(0, 64).join(' ')}`
  return value instanceof Error ? Object.assign({}, value, { message: value.message }) : value
}

const text = (value: unknown): string => {
  const json = JSON.stringify(value, plain) ?? String(value)
  return json.length <= 2_000 ? json : `${json.slice(0, 2_000)}… (${json.length} characters)`
}

/** Throws unless `found` has the value and structure of `expected`. `what` begins the message. */
export const equal = (what: string, found: unknown, expected: unknown): void => {
  if (!same(found, expected)) throw new Error(`${what}: expected ${text(expected)}, found ${text(found)}`)
}

/** Throws unless `condition` holds; `found` is what it was judged by. */
export const ok = (what: string, condition: boolean, found: unknown): void => {
  if (!condition) throw new Error(`${what}: expected it to hold, found ${text(found)}`)
}

/** An error as the promise face rejects with it; `field` of an InvalidArgument. */
export type Refusal = Error & { readonly _tag: string; readonly field?: string }

/** What a rejection's message ends with: containerd's words, by tag. */
const words: Readonly<Record<string, string>> = {
  NotFound: 'not found',
  AlreadyExists: 'already exists',
  FailedPrecondition: 'failed precondition',
  InvalidArgument: 'invalid argument',
  Unimplemented: 'not implemented',
}

/** The Error that the promise rejects with: its `_tag` is `tag`, its message holds `part` and ends in containerd's words. */
export const rejects = async (what: string, promise: Promise<unknown>, tag: string, part = ''): Promise<Refusal> => {
  const expected = `a rejection ${tag}${part === '' ? '' : ` with ${text(part)} in its message`}`
  let error: unknown
  try {
    error = { resolved: await promise }
  } catch (rejection) {
    error = rejection
  }
  const word = words[tag]
  const isExpected =
    error instanceof Error &&
    '_tag' in error &&
    error._tag === tag &&
    error.message.includes(part) &&
    (word === undefined || error.message.endsWith(`: ${word}`))
  if (!isExpected) throw new Error(`${what}: expected ${expected}, found ${text(error)}`)
  return error as Refusal
}
