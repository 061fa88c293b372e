import * as E from 'fp-ts/lib/Either.js'
import { chunkLength } from '@varve/core/adapter'
import { backendFault } from '@varve/core/ports'
import { layerEncoder, type FileEntry, type LayerEntry } from '@varve/core/tar'
import type { Outlet } from './control.js'
import type { Input } from './disk.js'
import { codes, raise } from './failure.js'
import { waiting, type Step, type Work } from './work.js'
import { shownPath, type World } from './world.js'

/** Bytes of a file of the disk: all of it, or those from `at` on. */
export type Range = { readonly path: string; readonly at?: number; readonly size: number; readonly isWhole: boolean }

/** Small files that make one step together. */
const filesInStep = 32

/** A tar in the making, handed on in chunks. */
export type Packer = {
  /** Puts a file without a step, if there is room for it; answers whether there was. */
  readonly putSmall: (entry: FileEntry, path: string, input: Input) => boolean
  /** The step that counts what was put without one, when that has become much. */
  readonly stepDue: () => Step | undefined
  /** Puts an entry with its bytes, if it has any. */
  readonly put: (entry: LayerEntry, body?: Range) => Work<void>
  /** Ends the tar. */
  readonly end: () => Work<void>
}

const changed = (world: World, path: string, size: number): never =>
  raise(
    backendFault(
      `${shownPath(world, path)} has not the ${size} bytes that it should have; put back what was there, or remove the snapshot`,
      codes.corrupt,
    ),
  )

/** The chunk in the making, and what becomes of it when it is full. */
const chunks = (outlet: Outlet) => {
  let chunk = new Uint8Array(chunkLength)
  let filled = 0
  function* handOn(): Work<void> {
    while (!outlet.hasRoom()) yield waiting
    outlet.put(filled === chunkLength ? chunk : chunk.slice(0, filled))
    chunk = new Uint8Array(outlet.spare?.() ?? new ArrayBuffer(chunkLength))
    filled = 0
  }
  return {
    /** What of it is free. */
    free: (): Uint8Array => chunk.subarray(filled),
    /** So many of the free bytes were written. */
    add: (count: number): void => void (filled += count),
    /** Answers whether it was full. */
    *passOn(): Work<boolean> {
      const isFull = filled === chunkLength
      if (isFull) yield* handOn()
      return isFull
    },
    *end(): Work<void> {
      if (filled > 0) yield* handOn()
    },
  }
}

/** `epoch`: every time in the tar, nanoseconds since 1970. */
export const packer = (world: World, outlet: Outlet, epoch: bigint | undefined): Packer => {
  const { disk } = world
  const encoder = layerEncoder(epoch === undefined ? {} : { epoch })
  const { free, add, ...making } = chunks(outlet)
  // What no step has counted yet.
  let files = 0
  let bytes = 0

  const counted = (): Step => {
    const step = { files, bytes }
    files = 0
    bytes = 0
    return step
  }
  function* putBytes(from: Uint8Array): Work<void> {
    for (let at = 0; at < from.length;) {
      const to = free()
      const part = from.subarray(at, at + to.length)
      to.set(part)
      at += part.length
      add(part.length)
      yield* making.passOn()
    }
  }
  function* putRange({ path, at = 0, size, isWhole }: Range): Work<void> {
    const beyond = isWhole ? 1 : 0
    for (let done = 0; done < size;) {
      const left = size - done
      // Where there is room, one byte more is asked for than a file should have.
      const count = disk.readInto(path, at + done, free().subarray(0, left + beyond))
      if (count === 0 || count > left) changed(world, path, at + size)
      done += count
      bytes += count
      add(count)
      if (yield* making.passOn()) yield counted()
    }
  }
  const putSmall = (entry: FileEntry, path: string, input: Input): boolean => {
    const { size } = entry
    const to = free()
    // Room for the byte that it should not have.
    const header = encoder.into(entry, to.subarray(0, Math.max(0, to.length - size - 1)), 0)
    if (E.isLeft(header)) return raise(header.left)
    const from = header.right
    if (from === 0) return false
    if (input.readInto(to.subarray(from, from + size + 1)) !== size) changed(world, path, size)
    add(from + size)
    files += 1
    bytes += size
    return true
  }
  return {
    putSmall,
    stepDue: () => (files < filesInStep ? undefined : counted()),
    *put(entry, body) {
      const header = encoder.entry(entry)
      if (E.isLeft(header)) return raise(header.left)
      yield* putBytes(header.right)
      if (body !== undefined) yield* putRange(body)
      if (entry.type !== 'stream') files += 1
      yield counted()
    },
    *end() {
      yield* putBytes(encoder.end())
      yield* making.end()
      yield counted()
    },
  }
}
