/**
 * Texts with one hash in the state's table. The hash takes one UTF-16 unit after the other; from any of its inner states two
 * pairs of units can be found that lead to the same next state. A row of n such pairs, each chosen either way, gives 2^n texts.
 * Nothing after the last unit matters, because it treats equal states equally.
 */
type Choice = { readonly one: string; readonly other: string; readonly next: number }

const prime = 0x01000193
const start = 0x811c9dc5

const after = (state: number, unit: number): number => Math.imul(state ^ unit, prime)

/** Units that may stand in a name: no NUL, no surrogates. */
const isPlain = (unit: number): boolean => unit >= 0x20 && unit < 0xd800

const choiceFrom = (state: number): Choice => {
  const byUpperHalf = new Map<number, number>()
  for (let unit = 0x20; unit < 0xd800; unit++) {
    const here = after(state, unit)
    const earlier = byUpperHalf.get(here >>> 16)
    if (earlier === undefined) {
      byUpperHalf.set(here >>> 16, unit)
      continue
    }
    const difference = (here ^ after(state, earlier)) & 0xffff
    for (let second = 0x20; second < 0x100; second++) {
      const otherSecond = second ^ difference
      if (!isPlain(otherSecond)) continue
      return {
        one: String.fromCharCode(unit, second),
        other: String.fromCharCode(earlier, otherSecond),
        next: after(here, second),
      }
    }
  }
  throw new Error('the hash has no two pairs of units that meet; has it changed?')
}

/** `count` different texts, well-formed and without NUL, that all have one hash. */
export const collidingKeys = (count: number): readonly string[] => {
  let texts: readonly string[] = ['']
  for (let state = start; texts.length < count;) {
    const { one, other, next } = choiceFrom(state)
    texts = texts.flatMap((text) => [text + one, text + other])
    state = next
  }
  return texts.slice(0, count)
}
