import type { SparseFile } from '../artefacts/vhdx.js'
import type { Directory, File, Node } from '../memory/nodes.js'
import { contentAfter, fates } from '../simulate/disk.js'
import type { Disk, Stat } from '../world/disk.js'
import { contentKey } from './state.js'

/** A file whose content a loss of power left open until somebody looks at it. */
export type OpenFile = {
  readonly file: File
  /** Its place among the files that were not durable. */
  readonly index: number
  readonly durable: SparseFile
}

const nodeAt = (root: Directory, path: string): Node | undefined => {
  let node: Node | undefined = root
  for (const name of path.split('/')) node = node?.type === 'directory' ? node.entries.get(name) : undefined
  return node
}

/** Fates that lead to different contents. */
const differentFates = (content: SparseFile, durable: SparseFile): readonly number[] => {
  const seen = new Set<string>()
  return Array.from({ length: fates }, (_, fate) => fate).filter((fate) => {
    const key = contentKey(contentAfter(fate, content, durable))
    return !seen.has(key) && seen.add(key)
  })
}

/** What a stat says of a file besides its kind, names and place depends on what becomes of its content. */
const lookingStat = (file: File, stat: Stat): Stat => {
  const look = <K extends keyof Stat>(field: K): Stat[K] => {
    void file.content
    return stat[field]
  }
  return {
    ...stat,
    get size() {
      return look('size')
    },
    get allocated() {
      return look('allocated')
    },
    get mode() {
      return look('mode')
    },
    get mtime() {
      return look('mtime')
    },
    get ctime() {
      return look('ctime')
    },
  }
}

/** Makes `content` something whose first look is told, and which is as any other again after that or after a change. */
const watchContent = (file: File, onEnd: () => void, onLook: () => boolean): void => {
  let { content } = file
  const end = (): void => {
    Object.defineProperty(file, 'content', { value: content, writable: true, enumerable: true, configurable: true })
    onEnd()
  }
  Object.defineProperty(file, 'content', {
    enumerable: true,
    configurable: true,
    get: () => {
      if (onLook()) end()
      return content
    },
    set: (value: SparseFile) => {
      content = value
      end()
    },
  })
}

/**
 * Files whose content is open: what is never looked at before it is overwritten or removed makes no difference, so that nobody has
 * to try all that it could be. An open file holds what fate 0 leaves it.
 */
export const openFates = () => {
  const open = new Map<File, string>()
  let isLooking = true
  const unseen = <T>(run: () => T): T => {
    const before = isLooking
    isLooking = false
    try {
      return run()
    } finally {
      isLooking = before
    }
  }
  return {
    /** Leaves files open; `onLook` is told of the first look at each, and of the fates that make its content another. */
    leave: (files: readonly OpenFile[], onLook: (file: OpenFile, others: readonly number[]) => void): void => {
      for (const one of files) {
        const { file, durable } = one
        const others = differentFates(file.content, durable).slice(1)
        if (others.length === 0) continue
        open.set(file, `${contentKey(file.content)}?${contentKey(durable)}`)
        watchContent(
          file,
          () => open.delete(file),
          () => {
            if (isLooking) onLook(one, others)
            return isLooking
          },
        )
      }
    },
    /** Reads a stat without looking at content that is open, until a field is read that depends on it. */
    lstat:
      (root: Directory, read: Disk['lstat']): Disk['lstat'] =>
      (path) => {
        const stat = unseen(() => read(path))
        const node = stat?.type === 'file' && open.size > 0 ? nodeAt(root, path) : undefined
        return stat !== undefined && node?.type === 'file' && open.has(node) ? lookingStat(node, stat) : stat
      },
    /** What an open file may hold. */
    textOf: (file: File): string | undefined => open.get(file),
    /** Whether what is looked at is settled by that. */
    look: (looks: boolean): void => void (isLooking = looks),
    /** What is done here settles no content. */
    unseen,
  }
}
