import { RE2JS } from 're2js'
import type { Text } from './filter-parser.js'

/** Instructions that the patterns of one walk may come to beyond their own length. Compiling as many takes about 20 ms. */
const patternBudget = 20_000

/** A Unicode class, or a range beyond ASCII that may have to be case-folded, takes as long as this many instructions. */
const wideClassCost = 200

const count = /\{(\d+)(?:,(\d*))?\}/y
const flags = /\(\?[imsU-]*\)/y
const escape = /\\(?:x\{[^}]*\}|[pP](?:\{[^}]*\}|[^])|[^])/y

const read = (pattern: RegExp, source: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(source)
}

const escapeEnd = (pattern: string, at: number): number => at + (read(escape, pattern, at)?.[0].length ?? 1)

/** Where the bracketed class that starts at `start` ends. `]` stands for itself at the start, `[:name:]` is one item. */
const classEnd = (pattern: string, start: number): number => {
  const first = pattern[start + 1] === '^' ? start + 2 : start + 1
  let at = first
  while (at < pattern.length && (pattern[at] !== ']' || at === first)) {
    const named = pattern.startsWith('[:', at) ? pattern.indexOf(':]', at) : -1
    if (named >= 0) {
      at = named + 2
      continue
    }
    const isSet = /^\\[pPdDsSwW]/.test(pattern.slice(at, at + 2))
    at = escapeEnd(pattern, at)
    if (!isSet && pattern[at] === '-' && pattern[at + 1] !== ']') at = escapeEnd(pattern, at + 1)
  }
  return at + 1
}

/** Where the atom that starts at `start` ends, and how many instructions it is; an empty `\Q\E` and flags are none. */
const atomAt = (pattern: string, start: number): { readonly end: number; readonly size: number } => {
  if (pattern.startsWith('\\Q', start)) {
    const close = pattern.indexOf('\\E', start + 2)
    const end = close < 0 ? pattern.length : close
    return { end: close < 0 ? end : end + 2, size: end - start - 2 }
  }
  const flagged = read(flags, pattern, start)
  if (flagged !== null) return { end: start + flagged[0].length, size: 0 }
  return { end: pattern[start] === '[' ? classEnd(pattern, start) : escapeEnd(pattern, start), size: 1 }
}

/**
 * At least the number of instructions that a valid RE2 pattern compiles to, counted repetition unrolled. Exported for its
 * test.
 */
export const unrolledSize = (pattern: string): number => {
  const outer: number[] = []
  let total = 3
  let atom = 0
  let at = 0
  const grow = (size: number): void => {
    total += size - atom
    atom = size
  }
  while (at < pattern.length) {
    const repeated = read(count, pattern, at)
    const character = pattern.charAt(at)
    if (repeated !== null) {
      const times = Math.max(1, Number(repeated[1]), Number(repeated[2] ?? 0))
      grow((atom + 1) * times + 1)
      at += repeated[0].length
    } else if (read(flags, pattern, at) === null && '()|*+?'.includes(character)) {
      if (character === '(') {
        outer.push(total)
        total = 3
        atom = 0
      } else if (character === ')') {
        atom = total
        total += outer.pop() ?? 0
      } else if (character === '|') {
        total += 2
        atom = 0
      } else grow(atom + 2)
      at += 1
    } else {
      const { end, size } = atomAt(pattern, at)
      total += size
      if (size > 0) atom = 1
      at = end
    }
  }
  return outer.reduce((sum, size) => sum + size, total)
}

const wideClasses = /\\[pP]|-(?:\\x|[^\0-\x7f])/g

const costOf = (pattern: string): number =>
  Math.max(0, unrolledSize(pattern) - pattern.length) + wideClassCost * Array.from(pattern.matchAll(wideClasses)).length

const matchesNothing = (): boolean => false

/**
 * Makes the compiler for the `~=` patterns of one walk: RE2 syntax, found anywhere in the text, in time linear in its
 * length. A pattern that RE2 refuses, and one for which the walk's budget does not suffice, matches nothing.
 */
export const patternCompiler = (): ((pattern: Text) => (text: string) => boolean) => {
  let budget = patternBudget
  return (pattern) => {
    if (pattern === undefined) return matchesNothing
    const cost = costOf(pattern)
    if (cost > budget) return matchesNothing
    budget -= cost
    try {
      const compiled = RE2JS.compile(pattern)
      return (text) => compiled.test(text)
    } catch {
      return matchesNothing
    }
  }
}
