import type { Either } from 'fp-ts/lib/Either.js'
import { describe, isUndone, type Asked, type Driver } from '@varve/core/adapter'
import type { ExportedLayer, FilesError, Intent, Layout } from '@varve/core/ports'
import { openLanes, type Job } from './lanes/lanes.js'

/**
 * Where the functions of Windows come from when it is not Windows itself: the paths of its DLLs by their names, and a module
 * that exports `adapt`. Plain data, as each lane loads them for itself.
 */
export type NativeSource = { readonly module?: URL; readonly dlls?: Readonly<Record<string, string>> }

/** Operations that change, export or use a layer's content take turns, one of that layer at a time. */
const turnOf = ({ name, args }: Asked): string | undefined => {
  if (['claim', 'quarantine', 'usage', 'survey', 'look', 'mend'].includes(name)) return undefined
  if (name === 'perform') return String((args[0] as Intent).layer)
  return String(name === 'exportLayer' ? (args[0] as ExportedLayer).id : args[0])
}

/** What a lane is given to make its world of. */
export type LaneWorld = {
  readonly layout: Layout
  readonly module: string | undefined
  readonly dlls: Readonly<Record<string, string>>
}

const jobOf = (name: string, args: readonly unknown[]): Job => {
  const asked = { name, args }
  return { ...asked, what: describe(asked), turn: turnOf(asked), isUndone: isUndone(asked) }
}

/** Nothing is started, and no native code is loaded, before the first call. */
export const openDriver = (layout: Layout, { module, dlls = {} }: NativeSource = {}): Driver => {
  const world: LaneWorld = { layout, module: module?.href, dlls }
  const { call, stream, end } = openLanes(new URL('./lanes/worker.js', import.meta.url), world)
  return {
    call: (name, args, options) => call(jobOf(name, args), options) as Promise<Either<FilesError, never>>,
    stream: (args, options) => stream(jobOf('exportLayer', args), options),
    end,
  }
}
