import type { Info } from '@varve/core'
import type { PromiseSnapshotter } from '@varve/core/promise'

/** Every snapshot that there is. */
export const allInfos = async (snapshotter: PromiseSnapshotter): Promise<readonly Info[]> => {
  const infos: Info[] = []
  for await (const info of snapshotter.walk()) infos.push(info)
  return infos
}
