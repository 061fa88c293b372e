import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

/** Disks bear ids that are made anew, hives the time at which they were made, notes of seals those of a folder. */
const isNeverTheSame = (name: string): boolean =>
  /\.(?:vhdx|seal)$/.test(name) || /^(?:DEFAULT|SAM|SECURITY|SOFTWARE|SYSTEM)$|_(?:BASE|Delta)$/i.test(name)

const shownFile = (at: string, name: string, layer: number): string => {
  if (isNeverTheSame(name)) return `${fs.statSync(at).size} bytes`
  const text = fs.readFileSync(at, 'latin1').replaceAll(String(layer), '#')
  return text.length < 60 && /^[ -~\s]*$/.test(text)
    ? text
    : createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** Of the places where the stand-in keeps what is bound, only the kind is told. */
const shownTarget = (target: string, layer: number): string =>
  path.isAbsolute(target)
    ? (/\/(?<kind>volumes|binds)\/[^/]*$/.exec(target)?.groups?.['kind'] ?? target.replaceAll(String(layer), '#'))
    : target

const visit = (at: string, shown: string, layer: number, lines: string[]): void => {
  const stat = fs.lstatSync(at, { throwIfNoEntry: false })
  if (stat === undefined) return
  if (stat.isSymbolicLink()) lines.push(`${shown} -> ${shownTarget(fs.readlinkSync(at), layer)}`)
  else if (stat.isFile())
    lines.push(`${shown} ${shownFile(at, path.basename(at), layer)}${stat.nlink > 1 ? ' (linked)' : ''}`)
  else {
    lines.push(`${shown}/`)
    for (const name of fs.readdirSync(at).toSorted())
      visit(path.join(at, name), `${shown}/${name.replaceAll(String(layer), '#')}`, layer, lines)
  }
}

/**
 * Everything that a root holds of one layer, `root` being on this host: the same for two layers that were made alike. The
 * layer's number should be found nowhere else.
 */
export const listingOf = (root: string, layer: number): readonly string[] => {
  const lines: string[] = []
  for (const folder of ['snapshots', 'meta', 'mounts', 'temp'])
    for (const name of fs.readdirSync(path.join(root, folder)).toSorted())
      if (/\d+/.exec(name)?.[0] === String(layer))
        visit(path.join(root, folder, name), `${folder}/${name.replaceAll(String(layer), '#')}`, layer, lines)
  return lines
}
