import type { ExportedLayer, Intent } from '@varve/core/ports'

/** What is asked of a world, by the name of an operation and its arguments. */
export type Asked = { readonly name: string; readonly args: readonly unknown[] }

/** What was asked, for messages. */
export const describe = ({ name, args }: Asked): string => {
  if (name === 'claim' || name === 'quarantine') return 'open'
  if (name === 'exportLayer') return `export of layer ${(args[0] as ExportedLayer).id}`
  if (name !== 'perform') return `${name} of layer ${String(args[0])}`
  const { type, layer } = args[0] as Intent
  return `${type} of layer ${layer}`
}

/** Whether it undoes what it has done when its signal fires. What does not just stops. */
export const isUndone = ({ name, args }: Asked): boolean =>
  name === 'perform' && ['SealLayer', 'ImportLayer'].includes((args[0] as Intent).type)

/** Operations that change, export or use a layer's content take turns, one of that layer at a time. */
export const turnOf = ({ name, args }: Asked): string | undefined => {
  if (['claim', 'quarantine', 'usage'].includes(name)) return undefined
  if (name === 'perform') return String((args[0] as Intent).layer)
  return String(name === 'exportLayer' ? (args[0] as ExportedLayer).id : args[0])
}
