import * as E from 'fp-ts/lib/Either.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { backendFault, type SnapshotId } from '@varve/core/ports'
import { emptyDisk, grown, maximumVirtualSize, virtualSizeOf } from '../artefacts/vhdx.js'
import { codes, raise } from './failure.js'
import { copyFile, placeFile } from './tree.js'
import type { Work } from './work.js'
import { shownPath, type World } from './world.js'

const idLength = 16

/** The same for the same disk of the same layer, so that a run that is repeated makes the same bytes. */
const diskIdOf = (world: World, layer: SnapshotId, name: string): Uint8Array =>
  sha256(new TextEncoder().encode(`${world.log}/${layer}/${name}`)).slice(0, idLength)

/** An empty disk at `path`. */
export function* makeDisk(world: World, layer: SnapshotId, path: string, virtualSize: bigint): Work<void> {
  yield* placeFile(world.disk, layer, path, function* make(part) {
    const file = emptyDisk(virtualSize, diskIdOf(world, layer, path))
    world.disk.writeSparse(part, file)
    yield { files: 1, bytes: file.length }
  })
}

/** Copies a template that has to be there; `what` says what was asked. */
export function* copyTemplate(world: World, what: string, template: string, to: string): Work<void> {
  const stat = world.disk.lstat(template)
  if (stat?.type === 'file') return yield* copyFile(world.disk, template, to, stat.size)
  const shown = shownPath(world, template)
  raise(
    backendFault(
      `${what}: the template ${shown} is missing; the base layer has to be a converted one`,
      codes.fileNotFound,
    ),
  )
}

const sizeOfTemplate = ({ disk, ...world }: World, what: string, template: string): bigint => {
  const size = virtualSizeOf((offset, length) => disk.read(template, offset, length))
  if (E.isRight(size)) return size.right
  const shown = shownPath({ disk, ...world }, template)
  return raise(backendFault(`${what}: the template ${shown} is no usable disk: ${size.left}`, codes.corrupt))
}

/** Copies the template and expands the copy to what was asked for; answers the copy's virtual size. */
export function* makeScratch(world: World, { what, layer, template, to, requested }: ScratchOrder): Work<bigint> {
  if (world.disk.lstat(template)?.type !== 'file') yield* copyTemplate(world, what, template, to)
  const size = sizeOfTemplate(world, what, template)
  const effective = grown(size, requested)
  if (effective > maximumVirtualSize) {
    const found = `a disk of ${requested} bytes was asked for, the largest has ${maximumVirtualSize}`
    raise(backendFault(`${what}: ${found}; ask for less`, codes.invalidParameter))
  }
  if (effective === size) yield* copyTemplate(world, what, template, to)
  else world.disk.writeSparse(to, emptyDisk(effective, diskIdOf(world, layer, to)))
  return effective
}

export type ScratchOrder = {
  readonly what: string
  readonly layer: SnapshotId
  readonly template: string
  readonly to: string
  /** Bytes; 0 asks for nothing. */
  readonly requested: bigint
}
