/**
 * The nanoseconds since 1970 that a FILETIME holds: from 1601 into the year 30828. What the reference writes, which counts
 * nanoseconds in 64 bits and wraps (FILETIME 0 becomes `6802270473.709551616`), is always within.
 */
export const earliest = -11_644_473_600_000_000_000n
export const latest = (2n ** 63n - 1n) * 100n + earliest

const form = /^-?\d{1,20}(?:\.\d*)?$/

/** Nanoseconds of decimal seconds; what is finer is cut off. Undefined where they are malformed or no FILETIME. */
export const parseTime = (text: string): bigint | undefined => {
  if (!form.test(text)) return undefined
  const dot = text.indexOf('.')
  const seconds = dot < 0 ? text : text.slice(0, dot)
  const fraction = dot < 0 ? '' : text.slice(dot + 1, dot + 10)
  return inRange(BigInt(seconds + fraction.padEnd(9, '0')))
}

/** Nanoseconds of whole seconds, undefined where they are no FILETIME. */
export const timeOfSeconds = (seconds: number): bigint | undefined => inRange(BigInt(seconds) * 1_000_000_000n)

const inRange = (time: bigint): bigint | undefined => (time < earliest || time > latest ? undefined : time)

/** Decimal seconds, with as much of a fraction as there is. */
export const formatTime = (time: bigint): string => {
  const text = time.toString()
  const sign = text.startsWith('-') ? '-' : ''
  const digits = text.slice(sign.length).padStart(10, '0')
  let end = digits.length
  while (end > digits.length - 9 && digits.charCodeAt(end - 1) === 0x30) end--
  const seconds = sign + digits.slice(0, -9)
  const fraction = digits.slice(-9, end === digits.length ? undefined : end - digits.length)
  return fraction === '' ? seconds : `${seconds}.${fraction}`
}
