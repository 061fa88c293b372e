import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { getEventListeners } from 'node:events'
import { systemClock } from '@varve/core'

/** The clock's timers do not keep a process alive; this does, while a test waits for them. */
const awake = async (work: () => Promise<void>): Promise<void> => {
  const timer = setInterval(() => undefined, 1_000)
  await work().finally(() => clearInterval(timer))
}

test('a sleep ends by itself, or at once with its signal', () =>
  awake(async () => {
    const clock = systemClock()
    const from = performance.now()
    await clock.sleep(20)
    assert.ok(performance.now() - from >= 19)
    const abort = new AbortController()
    const sleeping = clock.sleep(600_000, abort.signal)
    abort.abort()
    await sleeping
    await clock.sleep(600_000, abort.signal)
  }))

test('a sleep that ended by itself leaves no listener at its signal', () =>
  awake(async () => {
    const clock = systemClock()
    const { signal } = new AbortController()
    for (let time = 0; time < 3; time++) await clock.sleep(1, signal)
    assert.is(getEventListeners(signal, 'abort').length, 0)
  }))

test('a yield lets timers and other work run', async () => {
  const clock = systemClock()
  let ran = false
  setImmediate(() => {
    ran = true
  })
  await clock.yield()
  await clock.yield()
  assert.ok(ran)
})

test('the time is inside the millisecond of the calendar, and finer than that', () => {
  const clock = systemClock()
  const seen = new Set<bigint>()
  for (let time = 0; time < 1_000; time++) {
    const from = BigInt(Date.now()) * 1_000_000n
    const now = clock.now()
    const to = (BigInt(Date.now()) + 1n) * 1_000_000n
    assert.ok(from <= now && now < to, `${now} is not between ${from} and ${to}`)
    seen.add(now)
  }
  assert.ok(seen.size > 20, `${seen.size} different times`)
})

for (const ms of [-5, 5])
  test(`a clock that was set by ${ms} ms is followed, and is as fine as before some moments later`, () => {
    const [date, counter] = [Date.now.bind(Date), performance.now.bind(performance)]
    let [elapsed, set] = [0, 0]
    performance.now = () => elapsed
    Date.now = () => Math.floor(performance.timeOrigin + elapsed + set)
    try {
      const clock = systemClock()
      const read = (count: number): readonly bigint[] =>
        Array.from({ length: count }, () => {
          elapsed += 0.25
          const time = clock.now()
          assert.is(time / 1_000_000n, BigInt(Date.now()))
          return time
        })
      read(10)
      set = ms
      read(10)
      const times = read(40)
      const steps = times.slice(1).map((time, index) => time - (times[index] as bigint))
      assert.equal(new Set(steps), new Set([250_000n]))
    } finally {
      Date.now = date
      performance.now = counter
    }
  })

test.run()
