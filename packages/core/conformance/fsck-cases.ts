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
    const aside = quarantined.filter((name) => name.startsWith(`${id}-`) || name.startsWith(`rm-${id}-`))
    for (const place of [...places, ...aside.map((name) => `quarantine/${name}`)]) {
      const files = await filesBelow(root, `${place}/Files`)
      if (Object.keys(files).length > 0) contents.set(id, JSON.stringify(files))
    }
  }
  return contents
}

const plainly = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

const checkFound = (what: string, damage: Damage, checked: Checked): void => {
  const { code, besides = [] } = damage
  const codes = codesOf(checked)
  ok(`${what}: its code is among ${codes.join(', ') || 'nothing'}`, codes.includes(code), checked.findings)
  const others = codes.filter((one) => one !== code && !(besides as readonly string[]).includes(one))
  equal(`${what}: what else is found`, others, [])
  const isDamage = checked.findings.some(({ severity }) => severity === 'damage')
  equal(`${what}: healthy`, checked.healthy, !isDamage)
}

/**
 * Plants a damage in a world that is closed, and fails unless a check finds it and nothing else, one repair sets everything right, and
 * nothing of what committed layers still had then is lost. Answers false where there is nothing that could be damaged so.
 */
export const checkDamage = async (
  subject: FsckSubject,
  damage: Damage,
  layers: readonly KnownLayer[],
  dice: Dice,
): Promise<boolean> => {
  const { root } = subject
  const site = { ...subject, layers, dice }
  if (!(await damage.plant(site))) return false
  const what = damage.name
  const checked = await subject.check()
  checkFound(what, damage, checked)
  if (damage.isFinal?.(site) === true) {
    const found = checked.findings.find(({ code }) => code === damage.code)
    equal(`${what}: what can be done`, found?.repair, null)
    return true
  }
  const before = await contentIn(root, layers)
  await subject.repair(plainly(checked.plan))
  const again = await subject.check()
  equal(`${what}: found after one repair of ${codesOf(checked).join()}`, again.findings, [])
  equal(`${what}: content of committed layers`, await contentIn(root, layers), before)
  return true
}
