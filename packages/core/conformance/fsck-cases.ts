import type { Checked } from '../src/fsck/check.js'
import { equal, ok } from './assert.js'
import type { Dice } from './dice.js'
import type { Damage } from './fsck-damage.js'
import { layerDamages } from './fsck-layer-damages.js'
import { logDamages } from './fsck-log-damages.js'
import { strays } from './fsck-strays.js'
import type { FsckSubject, RootFiles } from './fsck-subject.js'
import { filesBelow, type KnownLayer } from './fsck-worlds.js'

/** Everything that can befall a log and its layers, and that a check has to find. */
export const damages: readonly Damage[] = [...logDamages, ...layerDamages, ...strays]

const codesOf = ({ findings }: Checked): readonly string[] => findings.map(({ code }) => code)

/** What is found of the content of each committed layer, wherever it is: text by place. */
const contentIn = async (root: RootFiles, layers: readonly KnownLayer[]): Promise<ReadonlyMap<number, string>> => {
  const quarantined = await root.list('quarantine')
  const contents = new Map<number, string>()
  for (const { id, kind } of layers) {
    if (kind !== 'Committed') continue
    const places = [`snapshots/${id}`, `snapshots/rm-${id}`]
    const aside = quarantined.filter((name) => new RegExp(`^(?:rm-)?${id}-\\d+$`).test(name))
    for (const place of [...places, ...aside.map((name) => `quarantine/${name}`)]) {
      const files = await filesBelow(root, `${place}/Files`)
      if (Object.keys(files).length > 0) contents.set(id, JSON.stringify(files))
    }
  }
  return contents
}

const plainly = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

const checkFound = (what: string, planted: readonly Damage[], checked: Checked): void => {
  const codes = codesOf(checked)
  for (const { code, name } of planted)
    ok(`${what}: of ${name}, ${code} is among ${codes.join(', ') || 'nothing'}`, codes.includes(code), checked.findings)
  const expected: readonly string[] = planted.flatMap(({ code, besides = [] }) => [code, ...besides])
  const others = codes.filter((code) => !expected.includes(code))
  equal(`${what}: what else is found`, others, [])
  const isDamage = checked.findings.some(({ severity }) => severity === 'damage')
  equal(`${what}: healthy`, checked.healthy, !isDamage)
}

/**
 * Plants damages in a world that is closed, and fails unless a check finds them and nothing else, one repair sets everything right that
 * can be set right, and nothing is lost of what committed layers still had then. Answers those that could be planted: some need a
 * layer of a kind that the world may not have.
 */
export const checkDamages = async (
  subject: FsckSubject,
  wanted: readonly Damage[],
  layers: readonly KnownLayer[],
  dice: Dice,
): Promise<readonly Damage[]> => {
  const { root } = subject
  const site = { ...subject, layers, dice, struck: new Set<KnownLayer>() }
  const planted: Damage[] = []
  for (const damage of wanted) if (await damage.plant(site)) planted.push(damage)
  if (planted.length === 0) return []
  const what = planted.map(({ name }) => name).join(' + ')
  const checked = await subject.check()
  checkFound(what, planted, checked)
  const final = new Set<string>(planted.filter(({ isFinal }) => isFinal?.(site) === true).map(({ code }) => code))
  const open = checked.findings.filter(({ repair }) => repair === null)
  equal(`${what}: what nothing can be done about`, new Set(open.map(({ code }) => code)), final)
  const before = await contentIn(root, layers)
  await subject.repair(plainly(checked.plan))
  const again = await subject.check()
  equal(`${what}: found after one repair of ${codesOf(checked).join()}`, again.findings, open)
  equal(`${what}: content of committed layers`, await contentIn(root, layers), before)
  return planted
}

const named = (...codes: readonly Damage['code'][]): readonly Damage[] =>
  codes.flatMap((code) => damages.filter((damage) => damage.code === code))

const [hives, layoutFile] = named('half-made-base') as readonly [Damage, Damage]

/** All damages, in groups that can befall one world together. */
export const damageGroups: readonly (readonly Damage[])[] = [
  [hives, ...strays, ...named('missing-owner', 'damaged-anchor', 'retired-layer')],
  named(
    'missing-template',
    'missing-scratch',
    'truncated-scratch',
    'missing-sidecar',
    'damaged-sidecar',
    'damaged-owner',
    'foreign-anchor',
  ),
  [
    layoutFile,
    ...named('damaged-scratch', 'wrong-scratch-size', 'wrong-sidecar', 'foreign-sidecar'),
    ...named('foreign-root', 'damaged-checkpoint'),
  ],
  named('damaged-template', 'missing-layer'),
  named('missing-content'),
  ...named(
    'missing-attachment',
    'missing-parent',
    'lost-tail',
    'broken-chain',
    'unreadable-record',
    'missing-record',
  ).map((one) => [one]),
  ...named('unknown-record', 'damaged-head').map((one) => [one]),
]
