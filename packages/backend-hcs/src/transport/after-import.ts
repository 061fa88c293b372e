import { foldName } from '@varve/core/ports'
import { codeOf, codes } from '../failure.js'
import { isPlainFolder } from '../formats/filetime.js'
import { folderOfSideFile } from '../formats/side-file.js'
import { link, listBelow, look, removeTree, type Root } from './below.js'
import { guarded } from './guard.js'
import { lastOf, parentOf, type Where } from './items.js'

/** A hard link of a layer, and in which layer its target is. */
export type PendingLink = {
  readonly path: string
  readonly target: string
  readonly from: Root
  readonly where: Where
}

type Pending = { readonly path: string; readonly where: Where }

/**
 * What can be done to a layer only once it was imported: what it deletes was put there then as a placeholder for the parents',
 * and what it links to was not there before.
 */
export type AfterImport = {
  readonly addLink: (link: PendingLink) => void
  readonly isLink: (path: string) => boolean
  readonly addDeletion: (path: string, where: Where) => void
  /** All that the parents have in a folder is deleted. */
  readonly addOpaque: (path: string, where: Where) => void
  /**
   * To be called when the transport folder has everything but folders that lead elsewhere: it tells what the layer has of its
   * own.
   */
  readonly prepare: (transport: Root) => void
  /** Does it all. */
  readonly finish: (layer: Root) => void
}

/** Folded names that a folder of the layer keeps, and the folders among them. */
type Kept = { readonly path: string; readonly names: ReadonlySet<string>; readonly where: Where }

/** Behind a placeholder, or a link, nothing is there of what the parents show in a folder. */
const unlessBehind = (remove: () => void): void => {
  try {
    remove()
  } catch (cause) {
    if (codeOf(cause) !== codes.reparseEncountered) throw cause
  }
}

export const afterImport = (): AfterImport => {
  const links = new Map<string, PendingLink>()
  const deletions: Pending[] = []
  const opaque: Pending[] = []
  const kept: Kept[] = []

  const keep = (transport: Root, linksIn: ReadonlyMap<string, readonly string[]>, { path, where }: Pending): void => {
    const { files } = transport.machine
    // Of a folder that leads elsewhere there is only a side file so far.
    const own = listBelow(transport, path).map((name) => folderOfSideFile(name) ?? name)
    const names = new Set([...own, ...(linksIn.get(foldName(path)) ?? [])].map(foldName))
    kept.push({ path, names, where })
    for (const name of new Set(own)) {
      const below = `${path}\\${name}`
      if (files.kindOf(`${transport.path}\\${below}`) === 'directory') keep(transport, linksIn, { path: below, where })
    }
  }
  const removeOthers = (layer: Root, { path, names }: Kept): void => {
    const found = look(layer, path)
    if (found === undefined || !isPlainFolder(found.attributes)) return
    for (const name of listBelow(layer, path)) if (!names.has(foldName(name))) removeTree(layer, `${path}\\${name}`)
  }
  return {
    addLink: (pending) => void links.set(pending.path, pending),
    isLink: (path) => links.has(path),
    addDeletion: (path, where) => void deletions.push({ path, where }),
    addOpaque: (path, where) => void opaque.push({ path, where }),
    prepare: (transport) => {
      if (opaque.length === 0) return
      const linksIn = new Map<string, string[]>()
      for (const path of links.keys()) {
        const folder = foldName(parentOf(path))
        linksIn.set(folder, [...(linksIn.get(folder) ?? []), lastOf(path)])
      }
      for (const pending of opaque) keep(transport, linksIn, pending)
    },
    finish: (layer) => {
      for (const one of kept) guarded(one.where, () => removeOthers(layer, one))
      for (const { path } of deletions) unlessBehind(() => removeTree(layer, path))
      for (const { path, target, from, where } of links.values())
        guarded(where, () => {
          if (look(layer, path) !== undefined) removeTree(layer, path)
          link(from, target, layer, path)
        })
    },
  }
}
