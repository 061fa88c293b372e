const second = 1_000_000_000n

const pad = (value: number | bigint, digits: number): string => String(value).padStart(digits, '0')

let lastSecond = -1n
let lastText = ''

/** The civil date of a day number counted from 1970-01-01 (proleptic Gregorian, years counted from March). */
const dateOf = (days: number): string => {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`
}

const secondsText = (seconds: bigint): string => {
  const inDay = Number(seconds % 86_400n)
  const days = Number(seconds / 86_400n)
  const hours = Math.floor(inDay / 3_600)
  const minutes = Math.floor(inDay / 60) % 60
  return `${dateOf(days)}T${pad(hours, 2)}:${pad(minutes, 2)}:${pad(inDay % 60, 2)}.`
}

/**
 * RFC 3339 UTC text with nine digits and `Z` of nanoseconds since 1970, years 1970 to 9999. All such texts are equally long,
 * so they sort like the times they name.
 */
export const timestamp = (nanoseconds: bigint): string => {
  const seconds = nanoseconds / second
  if (seconds !== lastSecond) {
    lastText = secondsText(seconds)
    lastSecond = seconds
  }
  return `${lastText}${pad(nanoseconds % second, 9)}Z`
}

const daysBefore = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

/** The nanoseconds that a text made by `timestamp` names. */
export const nanosecondsOf = (text: string): bigint => {
  const part = (from: number, to: number): number => Number(text.slice(from, to))
  const days = daysBefore(part(0, 4), part(5, 7), part(8, 10))
  const seconds = days * 86_400 + part(11, 13) * 3_600 + part(14, 16) * 60 + part(17, 19)
  return BigInt(seconds) * second + BigInt(part(20, 29))
}

/** The next timestamp after `last`: that of `now`, or one nanosecond later than `last` where the clock has not moved on. */
export const timestampAfter = (last: string, now: bigint): string => {
  const text = timestamp(now)
  return text > last ? text : timestamp(nanosecondsOf(last) + 1n)
}
