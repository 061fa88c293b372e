import * as E from 'fp-ts/lib/Either.js'
import { backendFault } from '@varve/core/ports'
import { layerEncoder, type LayerEntry } from '@varve/core/tar'
import { chunkLength, type Outlet } from './control.js'
import { codes, raise } from './failure.js'
import { waiting, type Work } from './work.js'
import { shownPath, type World } from './world.js'

/** Bytes of a file of the disk: all of it, or those from `at` on. */
export type Range = { readonly path: string; readonly at?: number; readonly size: number; readonly isWhole: boolean }

/** A tar in the making, handed on in chunks. */
export type Packer = {
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

/** `epoch`: every time in the tar, nanoseconds since 1970. */
export const packer = (world: World, outlet: Outlet, epoch: bigint | undefined): Packer => {
  const { disk } = world
  const encoder = layerEncoder(epoch === undefined ? {} : { epoch })
  let chunk = new Uint8Array(chunkLength)
  let filled = 0

  function* handOn(): Work<void> {
    while (!outlet.hasRoom()) yield waiting
    outlet.put(filled === chunkLength ? chunk : chunk.slice(0, filled))
    chunk = new Uint8Array(chunkLength)
    filled = 0
  }
  function* putBytes(bytes: Uint8Array): Work<void> {
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + chunkLength - filled)
      chunk.set(part, filled)
      filled += part.length
      from += part.length
      if (filled === chunkLength) yield* handOn()
    }
  }
  /** Answers the bytes that no step has counted yet. */
  function* putRange({ path, at = 0, size, isWhole }: Range): Work<number> {
    const beyond = isWhole ? 1 : 0
    let counted = 0
    for (let done = 0; done < size;) {
      const left = size - done
      // Where there is room, one byte more is asked for than a file should have.
      const end = Math.min(filled + left + beyond, chunkLength)
      const count = disk.readInto(path, at + done, chunk.subarray(filled, end))
      if (count === 0 || count > left) changed(world, path, at + size)
      filled += count
      done += count
      if (filled < chunkLength) continue
      yield* handOn()
      yield { files: 0, bytes: done - counted }
      counted = done
    }
    return size - counted
  }
  return {
    *put(entry, body) {
      const header = encoder.entry(entry)
      if (E.isLeft(header)) return raise(header.left)
      yield* putBytes(header.right)
      const bytes = body === undefined ? 0 : yield* putRange(body)
      yield { files: entry.type === 'stream' ? 0 : 1, bytes }
    },
    *end() {
      yield* putBytes(encoder.end())
      if (filled > 0) yield* handOn()
    },
  }
}
