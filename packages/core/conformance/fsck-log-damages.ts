import { type Damage, type Site, someLog } from './fsck-damage.js'

/** Damages one of the log's records but the first. */
const toRecord =
  (strike: (record: { readonly seq: number; readonly text: string }, site: Site) => Promise<void>) =>
  async (site: Site): Promise<boolean> => {
    const records = await site.log.records()
    const [, ...others] = records.slice(0, -1)
    if (others.length === 0) return false
    await strike(site.dice.pick(others), site)
    return true
  }

/** What a cut in the middle of a log brings with it: everything that the log has learnt since is as if it had not been. */
const afterCut = [
  'lost-tail',
  'damaged-checkpoint',
  'missing-layer',
  'missing-parent',
  'missing-content',
  'missing-scratch',
  'missing-attachment',
  'retired-layer',
  'missing-sidecar',
  'wrong-sidecar',
  'stale-layer',
  'unknown-layer',
  'leftover-retired',
  'stray-sidecar',
  'stray-content',
  'stray-attachment',
  'leftover-temporary',
] as const

const changedDigit = (text: string): string =>
  text.replace(
    /("at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.)(\d)/,
    (_, before: string, digit: string) => `${before}${(Number(digit) + 1) % 10}`,
  )

/** What befalls logs. */
export const logDamages: readonly Damage[] = [
  {
    name: 'the end of the log is lost',
    code: 'lost-tail',
    besides: afterCut,
    plant: async ({ log, dice }) => {
      const { length } = await log.records()
      if (length < 3) return false
      await log.loseAfter(length - 1 - dice.roll(Math.min(length - 2, 6)))
      return true
    },
  },
  {
    name: 'a record was altered',
    code: 'broken-chain',
    besides: afterCut,
    plant: toRecord(({ seq, text }, { log }) => log.put({ seq, text: changedDigit(text) })),
  },
  {
    name: 'a record is cut short',
    code: 'unreadable-record',
    besides: afterCut,
    plant: toRecord(({ seq, text }, { log, dice }) => log.put({ seq, text: text.slice(0, dice.roll(text.length)) })),
  },
  {
    name: 'a record is missing',
    code: 'missing-record',
    besides: afterCut,
    plant: toRecord(({ seq }, { log }) => log.drop(seq)),
  },
  {
    name: 'a record is of another version of the library',
    code: 'unknown-record',
    isFinal: () => true,
    plant: async ({ log }) => {
      const last = (await log.records()).at(-1)
      if (last === undefined) return false
      const body = JSON.stringify({
        v: 1,
        seq: last.seq + 1,
        at: '9999-01-01T00:00:00.000000000Z',
        type: 'Foretold',
        data: {},
        cause: { id: '1' },
      })
      const hash = log.sha256(last.text.slice(-66, -2) + body)
      await log.put({ seq: last.seq + 1, text: `${body.slice(0, -1)},"hash":"${hash}"}` })
      return true
    },
  },
  {
    name: 'the note of where the log ends is damaged',
    code: 'damaged-head',
    plant: async ({ log }) => {
      await log.damageHead?.()
      return log.damageHead !== undefined
    },
  },
  {
    name: 'a row of the checkpoint is another',
    code: 'damaged-checkpoint',
    plant: async ({ log, dice }) => {
      const keys = [...(await log.rows()).keys()].filter((key) => key.startsWith('s'))
      if (keys.length === 0) return false
      const key = dice.pick(keys)
      const value = (await log.rows()).get(key) ?? ''
      await log.putRow(
        key,
        dice.once(3) ? undefined : dice.pick([value.slice(0, -1), value.replace(/"size":\d/, '"size":9876')]),
      )
      return true
    },
  },
  {
    name: 'the anchor is damaged',
    code: 'damaged-anchor',
    plant: async ({ log }) => {
      await log.setAnchor('damaged')
      return true
    },
  },
  {
    name: 'the anchor is that of another log',
    code: 'foreign-anchor',
    plant: async ({ log }) => {
      const anchor = await log.anchor()
      if (anchor === undefined) return false
      await log.setAnchor({ ...anchor, log: someLog })
      return true
    },
  },
]
