/** The files of the host that a stand-in is on. In the place of a link Wine shows to node what it leads to, or nothing. */
import koffi from 'koffi'
import { backendFault } from '@varve/core/ports'
import { raise } from '../../src/failure.js'
import { hostFiles, type FileFacts, type HostFiles } from '../../src/files.js'
import { hostPathBelow } from '../standin/library.js'
import type { Standin } from './standin.js'

const noReparse = 4392

type Link = { readonly target: string; readonly modified: bigint }

/** What the stand-in's library knows of them. */
const linksIn = (library: string) => {
  const dll = koffi.load(library)
  const freeText = dll.func('void CoTaskMemFree(void *text)')
  const checked = (what: string, code: number): void => {
    if (code !== 0) raise(backendFault(`${what} failed with ${code}`, 0x8007_0000 + code))
  }
  const textFrom = (address: unknown): string => {
    const text = koffi.decode.string16(address)
    freeText(address)
    return text
  }
  const readLink = dll.func('uint32_t StandinReadLink(str16 path, _Out_ void **out, _Out_ int64_t *modified)')
  const names = dll.func('uint32_t StandinNames(str16 path, _Out_ void **out)')
  const removeLink = dll.func('uint32_t StandinRemoveLink(str16 path)')
  const moveLink = dll.func('uint32_t StandinMoveLink(str16 from, str16 to)')
  const nameLink = dll.func('uint32_t StandinNameLink(str16 existing, str16 name)')
  return {
    /** Undefined of anything else, and where nothing is. */
    linkAt: (path: string): Link | undefined => {
      const [out, modified]: unknown[][] = [[null], [0n]]
      const code = readLink(path, out, modified) as number
      if (code === noReparse) return undefined
      checked(`reading the link ${path}`, code)
      return { target: textFrom(out?.[0]), modified: BigInt(modified?.[0] as number | bigint) }
    },
    namesIn: (path: string): readonly string[] => {
      const out: unknown[] = [null]
      checked(`listing ${path}`, names(path, out) as number)
      return textFrom(out[0]).split('/').slice(0, -1)
    },
    move: (from: string, to: string): void => checked(`renaming the link ${from}`, moveLink(from, to) as number),
    /** A second name. */
    name: (existing: string, name: string): void =>
      checked(`linking the link ${existing}`, nameLink(existing, name) as number),
    remove: (path: string): void => checked(`removing the link ${path}`, removeLink(path) as number),
  }
}

const factsOf = (path: string, { target, modified }: Link): FileFacts => ({
  kind: 'symlink',
  size: target.length,
  allocated: 0,
  modified,
  identity: path,
  links: 1,
})

/** The same files, links being links. Everything else is node's. */
const withLinks = (files: HostFiles, library: string): HostFiles => {
  const links = linksIn(library)
  const isLink = (path: string): boolean => links.linkAt(path) !== undefined
  const removeTree = (path: string): void => {
    if (isLink(path)) return links.remove(path)
    if (files.kindOf(path) !== 'directory') return files.removeFile(path)
    for (const name of links.namesIn(path)) removeTree(`${path}\\${name}`)
    files.removeFolder(path)
  }
  return {
    ...files,
    exists: (path) => isLink(path) || files.exists(path),
    kindOf: (path) => (isLink(path) ? 'symlink' : files.kindOf(path)),
    factsOf: (path) => {
      const link = links.linkAt(path)
      return link === undefined ? files.factsOf(path) : factsOf(path, link)
    },
    // Both: what node refuses to list is refused as node does it.
    list: (path) => (files.list(path), links.namesIn(path)),
    listPlain: (path) => files.listPlain(path).filter((name) => !isLink(`${path}\\${name}`)),
    removeFile: (path) => (isLink(path) ? links.remove(path) : files.removeFile(path)),
    removeTree,
    rename: (from, to) => (isLink(from) || isLink(to) ? links.move(from, to) : files.rename(from, to)),
    link: (existing, path) => (isLink(existing) ? links.name(existing, path) : files.link(existing, path)),
  }
}

/** The host's files by Windows paths, as a stand-in has them. */
export const filesOf = ({ base, library }: Standin): HostFiles => {
  const files = hostFiles(hostPathBelow(base))
  return process.platform === 'win32' && library !== '' ? withLinks(files, library) : files
}
