import type { SparseFile } from '../artefacts/vhdx.js'

/** `other`: a socket, a pipe or a device, which only a host's own tools make. */
export type EntryType = 'file' | 'directory' | 'symlink' | 'other'

export type Entry = { readonly name: string; readonly type: EntryType }

/** Times are nanoseconds since 1970; `ctime` grows with every change and is only compared. `allocated`: bytes that are really held. */
export type Stat = {
  readonly type: EntryType
  readonly size: number
  readonly allocated: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: bigint
  readonly ctime: bigint
  readonly inode: bigint
  readonly links: number
}

/** A file that is being read. */
export type Input = Pick<Stat, 'size' | 'links' | 'mtime'> & {
  /** Fills `into` from the beginning of the file on; answers how many bytes, fewer only where the file ends. */
  readonly readInto: (into: Uint8Array) => number
}

/** A file that is being made. */
export type Output = {
  /** Puts bytes behind those before. */
  readonly write: (bytes: Uint8Array) => void
  /** Sets when it was modified, in nanoseconds since 1970, as far as the host can hold it. */
  readonly setTime: (modified: bigint) => void
  /** May be called twice. */
  readonly close: () => void
}

/**
 * What a world stands on: a small synchronous file system below one root. Paths are relative to the root and use `/`
 * whatever the host uses; no call follows a symlink at the end of a path. A call that can't be done throws an Error with
 * the host's `code` (`ENOENT`, `EACCES`, `ENOSPC`, …).
 */
export type Disk = {
  /** Undefined when nothing is there. */
  readonly lstat: (path: string) => Stat | undefined
  readonly readdir: (path: string) => readonly Entry[]
  /** Opens a file, which is closed when `use` has ended. */
  readonly open: <T>(path: string, use: (file: Input) => T) => T
  /** Fewer bytes than `length` only where the file ends. */
  readonly read: (path: string, offset: number, length: number) => Uint8Array
  /** Fills `into` from `offset` on; answers how many bytes, fewer only where the file ends. */
  readonly readInto: (path: string, offset: number, into: Uint8Array) => number
  /** Makes a file where nothing is. It stays open until it is closed. */
  readonly create: (path: string) => Output
  /** Creates the file or replaces its content. */
  readonly write: (path: string, bytes: Uint8Array) => void
  readonly append: (path: string, bytes: Uint8Array) => void
  readonly writeSparse: (path: string, file: SparseFile) => void
  /** Makes `to` a file of its own with the content of `from`, if that can be done in a moment; else answers false. */
  readonly clone: (from: string, to: string, size: number) => boolean
  /** Copies a part behind what was copied before; runs of zeros stay holes. */
  readonly copyRange: (from: string, to: string, offset: number, length: number) => void
  /** Makes the directory and those above it; one that is there is left alone. */
  readonly mkdir: (path: string) => void
  /** Removes a name that is no directory. */
  readonly unlink: (path: string) => void
  /** Removes an empty directory. */
  readonly rmdir: (path: string) => void
  /** Replaces a file at `to`. */
  readonly rename: (from: string, to: string) => void
  /** A second name for a file. */
  readonly link: (existing: string, path: string) => void
  readonly symlink: (target: string, path: string) => void
  readonly readlink: (path: string) => string
  /** Gives what is at `path` the owner, mode and times of `stat`, as far as the host lets it. */
  readonly restore: (path: string, stat: Stat) => void
  /** Sets when what is at `path` was modified, in nanoseconds since 1970, as far as the host can hold it. */
  readonly setTime: (path: string, modified: bigint) => void
  /** Lets a directory that is about to be removed be read and emptied. */
  readonly unlock: (path: string) => void
  /**
   * Everything written so far survives loss of power. `others`: also what other processes wrote below the root, where the host
   * has a way to tell it so.
   */
  readonly sync: (others?: boolean) => void
}
