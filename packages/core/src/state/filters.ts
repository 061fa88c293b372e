import * as E from 'fp-ts/lib/Either.js'
import { invalidArgument, shown, type InvalidArgument } from '../model/fault.js'
import { labelOf, type Info } from '../model/snapshot.js'
import { parseFilter, type ParseError, type Selector, type Text } from './filter-parser.js'
import { patternCompiler } from './filter-pattern.js'

/** Filters that one walk may have. */
const maxFilters = 64

/** Length of a filter in bytes of UTF-8. */
const maxFilterBytes = 4096

type Predicate = (info: Info) => boolean

const fitsFilter = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= maxFilterBytes &&
  new TextEncoder().encode(value).length <= maxFilterBytes

const marked = (filter: string, at: number): string => {
  const code = filter.codePointAt(at)
  if (code === undefined) return `[${filter}]`
  const character = String.fromCodePoint(code)
  return `[${filter.slice(0, at)} >|${character}|< ${filter.slice(at + character.length)}]`
}

const malformed = (field: string, filter: string, { at, reason }: ParseError): InvalidArgument => ({
  _tag: 'InvalidArgument',
  field,
  value: shown(filter),
  message: `filters: parse error: ${marked(filter, at)}: ${reason}: invalid argument`,
})

/** The value of a field, `undefined` where it is absent. What follows `kind`, `name` and `parent` is ignored. */
const fieldOf = ([first, ...rest]: readonly Text[]): ((info: Info) => string | undefined) => {
  if (first === 'kind') return (info) => info.kind.toLowerCase()
  if (first === 'name') return (info) => info.name
  if (first === 'parent') return (info) => info.parent
  if (first !== 'labels' || rest.includes(undefined)) return () => undefined
  const key = rest.join('.')
  return (info) => labelOf(info.labels, key)
}

const predicateOf =
  (compile: ReturnType<typeof patternCompiler>) =>
  ({ path, comparison }: Selector): Predicate => {
    const field = fieldOf(path)
    if (comparison === null) return (info) => field(info) !== undefined
    const { operator, operand } = comparison
    if (operator === '!=') return (info) => (field(info) ?? '') !== operand
    if (operator === '==') return (info) => operand !== undefined && field(info) === operand
    const found = compile(operand)
    return (info) => found(field(info) ?? '')
  }

/**
 * Parses containerd's filter language into one predicate. An Info passes when every selector of any filter holds; no
 * filter, and an empty one, let everything pass. At most 64 filters of 4,096 bytes of UTF-8. Patterns are compiled here,
 * once; they may together unroll to 20,000 instructions, and one beyond that matches nothing, like an invalid one.
 *
 * Left: an InvalidArgument whose field is `filters` or `filters[3]`.
 */
export const parseFilters = (filters: readonly string[]): E.Either<InvalidArgument, Predicate> => {
  if (!Array.isArray(filters) || filters.length > maxFilters) {
    return E.left(invalidArgument('filters', filters, `must be an array of at most ${maxFilters} filters`))
  }
  const parsed: (readonly Selector[])[] = []
  for (const [index, filter] of filters.entries()) {
    const field = `filters[${index}]`
    if (!fitsFilter(filter)) {
      return E.left(invalidArgument(field, filter, `must be a string of at most ${maxFilterBytes} bytes of UTF-8`))
    }
    const selectors = parseFilter(filter)
    if (E.isLeft(selectors)) return E.left(malformed(field, filter, selectors.left))
    parsed.push(selectors.right)
  }
  if (parsed.length === 0) return E.right(() => true)
  const compile = patternCompiler()
  const alternatives = parsed.map((selectors) => selectors.map(predicateOf(compile)))
  return E.right((info) => alternatives.some((all) => all.every((holds) => holds(info))))
}
