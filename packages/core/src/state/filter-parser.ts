import * as E from 'fp-ts/lib/Either.js'

/** A word or value of a filter, escapes resolved. `undefined`: bytes that are not UTF-8, which no name or label equals. */
export type Text = string | undefined

export type Operator = '==' | '!=' | '~='

/** One condition of a filter. Without `comparison` it asks whether the field is present. */
export type Selector = {
  /** At least one element. */
  readonly path: readonly Text[]
  readonly comparison: { readonly operator: Operator; readonly operand: Text } | null
}

/** `at` is an offset in UTF-16 code units, the filter's length when it ended too early. */
export type ParseError = { readonly at: number; readonly reason: string }

type Parsed<T> = E.Either<ParseError, { readonly value: T; readonly end: number }>

const fail = (at: number, reason: string): E.Either<ParseError, never> => E.left({ at, reason })
const parsed = <T>(value: T, end: number): Parsed<T> => E.right({ value, end })

/** What matches the sticky `pattern` at `at`, or `''`. */
const read = (pattern: RegExp, source: string, at: number): string => {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0] ?? ''
}

const illegalCharacter = /[\0\p{Surrogate}]/u
const space = /\p{White_Space}+/uy
const word = /[A-Za-z0-9_]+/y
const operatorRun = /[=!~]+/y
const bareValue = /[^,.=!~"/|](?:(?!,)[\p{Letter}\p{Mark}\p{Number}\p{Punctuation}\p{Symbol}])*/uy
const closedQuote = /(["/|])(?:\\[^]|[^\\\n])*?\1/y
const escapes = String.raw`\\(?:[abfnrtv\\]|\1|[0-3][0-7]{2}|x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|U(?:000[\dA-Fa-f]|0010)[\dA-Fa-f]{4})`
const legalQuote = new RegExp(String.raw`(["/|])(?:${escapes}|[^\\\n])*?\1`, 'y')
const pieces = /\\(?:[0-7]{3}|x..|u.{4}|U.{8}|[^])|[^\\]+/g

const skipSpace = (source: string, at: number): number => at + read(space, source, at).length

const namedEscapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 }

const bytesOf = (piece: string): Iterable<number> => {
  const encoded = (text: string): Uint8Array => new TextEncoder().encode(text)
  if (!piece.startsWith('\\')) return encoded(piece)
  const letter = piece.charAt(1)
  if (/[0-7]/.test(letter)) return [Number.parseInt(piece.slice(1), 8)]
  if (letter === 'x') return [Number.parseInt(piece.slice(2), 16)]
  if (letter === 'u' || letter === 'U') return encoded(String.fromCodePoint(Number.parseInt(piece.slice(2), 16)))
  const named = namedEscapes[letter]
  return named === undefined ? encoded(letter) : [named]
}

const unquoted = (quoted: string): Text => {
  const bytes = Array.from(quoted.slice(1, -1).matchAll(pieces)).flatMap(([piece]) => [...bytesOf(piece)])
  return E.toUnion(
    E.tryCatch(
      () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)),
      () => undefined,
    ),
  )
}

const quotedAt = (source: string, at: number): Parsed<Text> => {
  const quoted = read(legalQuote, source, at)
  if (quoted !== '') return parsed(unquoted(quoted), at + quoted.length)
  return read(closedQuote, source, at) === ''
    ? fail(at, 'the quote is not closed on its line')
    : fail(at, String.raw`legal escapes are \a \b \f \n \r \t \v \\ \ooo \xHH \uHHHH \UHHHHHHHH and the quote itself`)
}

const fieldAt = (source: string, from: number): Parsed<Text> => {
  const at = skipSpace(source, from)
  const bare = read(word, source, at)
  if (bare !== '') return parsed(bare, at + bare.length)
  return source[at] === '"'
    ? quotedAt(source, at)
    : fail(at, 'expected a field: letters, digits and _, or anything in double quotes')
}

const pathAt = (source: string, from: number): Parsed<readonly Text[]> => {
  const path: Text[] = []
  let at = from
  for (;;) {
    const field = fieldAt(source, at)
    if (E.isLeft(field)) return field
    path.push(field.right.value)
    at = field.right.end
    if (source[at] !== '.') return parsed(path, at)
    at += 1
  }
}

const isOperator = (text: string): text is Operator => text === '==' || text === '!=' || text === '~='

const operandAt = (source: string, from: number, operator: Operator): Parsed<Text> => {
  const at = skipSpace(source, from)
  const first = source[at]
  if (first === '"' || ((first === '/' || first === '|') && operator === '~=')) return quotedAt(source, at)
  const bare = read(bareValue, source, at)
  return bare === ''
    ? fail(at, 'expected a value; one that is empty or starts with , . = ! ~ / or | needs double quotes')
    : parsed(bare, at + bare.length)
}

const selectorAt = (source: string, from: number): Parsed<Selector> => {
  const path = pathAt(source, from)
  if (E.isLeft(path)) return path
  const { value, end } = path.right
  if (end === source.length || source[end] === ',') return parsed({ path: value, comparison: null }, end)
  const at = skipSpace(source, end)
  const operator = read(operatorRun, source, at)
  if (!isOperator(operator)) return fail(at, 'expected ==, != or ~=')
  const operand = operandAt(source, at + operator.length, operator)
  if (E.isLeft(operand)) return operand
  return parsed({ path: value, comparison: { operator, operand: operand.right.value } }, operand.right.end)
}

/**
 * Parses one filter of containerd's language, `field.field op value, …`, as its scanner really behaves: white space is
 * skipped before a token only, `"` quotes fields and values, `/` and `|` quote what follows `~=`. The selectors all have
 * to hold; `''` has none.
 */
export const parseFilter = (source: string): E.Either<ParseError, readonly Selector[]> => {
  const illegal = source.search(illegalCharacter)
  if (illegal >= 0) return fail(illegal, 'NUL and lone surrogates are not allowed')
  const selectors: Selector[] = []
  if (source === '') return E.right(selectors)
  let at = 0
  for (;;) {
    const selector = selectorAt(source, at)
    if (E.isLeft(selector)) return selector
    selectors.push(selector.right.value)
    at = selector.right.end
    if (at === source.length) return E.right(selectors)
    if (source[at] !== ',') return fail(at, 'expected a comma or the end')
    at += 1
  }
}
