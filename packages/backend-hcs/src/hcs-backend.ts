import * as E from 'fp-ts/lib/Either.js'
import { driverBackend } from '@varve/core/adapter'
import { backendFault, pathOf, type Backend, type BackendFault, type Layout, type SnapshotId } from '@varve/core/ports'
import { openDriver, type NativeSource } from './driver.js'
import { codes } from './failure.js'
import { readOptions, type HcsBackendOptions } from './options.js'

/** Shown where options are malformed; nothing is ever there. */
const nowhere: Layout = { root: 'C:\\varve', separator: '\\' }

const notWindows = (platform: string): BackendFault =>
  backendFault(
    `the Host Compute Service is part of Windows, and this is ${platform}; use fakeBackend({ root }) of @varve/backend-fake here`,
    codes.notImplemented,
  )

/**
 * Where an attached layer's content is: a parentless layer that can be written is the inside of its `Files`, any other is
 * shown in a folder of its own.
 */
const contentPath = (layout: Layout, id: SnapshotId, isInPlace: boolean): string =>
  isInPlace ? pathOf(layout, 'snapshots', String(id), 'Files') : pathOf(layout, 'mounts', String(id))

/** `native`: where the functions of Windows come from, when it is not Windows itself. */
export const backendOver = (options: HcsBackendOptions, native?: NativeSource): Backend => {
  const read = readOptions(options)
  const layout = E.isRight(read) ? read.right : nowhere
  return driverBackend({
    layout,
    supports: { readOnlyViews: true },
    start: async () => {
      if (E.isLeft(read)) return read
      if (native === undefined && process.platform !== 'win32') return E.left(notWindows(process.platform))
      return E.right(openDriver(layout, native))
    },
    remakes: ['scratch of a View', 'base files'],
    contentPath: ({ id, kind, isParentless }) => contentPath(layout, id, isParentless && kind === 'Active'),
  })
}
