import type { Layer, Model, Possible } from './model.js'

/** A change of an attached layer's content that is under way. */
export type Change = {
  /** It was not done, and left nothing. */
  readonly refused: () => void
  readonly done: () => void
  /** It ended in a way that says nothing of what it did. */
  readonly failed: () => void
}

const isAt = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`)

/** Whether what was found is one of those that may be there. */
export const allows = (possible: Possible, found: string | undefined): boolean =>
  possible === 'anything' || possible.includes(found)

const or = (before: Possible, value: string | undefined): Possible =>
  before === 'anything' ? before : [...before.filter((one) => one !== value), value]

/** Whether what is attached as `key` is still what it was, and nobody is about to take it away. */
const isHeld = ({ layers, asking }: Model, layer: Layer, attachedBy: string | undefined): boolean =>
  layers.get(layer.name) === layer &&
  layer.attachedBy === attachedBy &&
  ![...asking.values()].some(
    ({ type, data }) => (type === 'DetachAccepted' || type === 'RemoveAccepted') && data.id === layer.id,
  )

/** A write (`value`) or a removal of a path, with what is below it, begins. */
export const beginChange = (model: Model, key: string, path: string, value: string | undefined): Change => {
  const layer = model.layers.get(key)
  const nothing = { refused: () => undefined, done: () => undefined, failed: () => undefined }
  if (layer?.attachedBy === undefined) return nothing
  const { content, unsynced, attachedBy } = layer
  if (!content.has(path) && value !== undefined) content.set(path, [undefined])
  const before = [...content].filter(([one]) => (value === undefined ? isAt(path, one) : one === path))
  const all = (possible: (was: Possible) => Possible): void => {
    for (const [one, was] of before) {
      content.set(one, possible(was))
      unsynced.add(one)
    }
  }
  all((was) => or(was, value))
  return {
    refused: () => all((was) => was),
    done: () => {
      if (isHeld(model, layer, attachedBy)) all(() => [value])
    },
    failed: () => all(() => 'anything'),
  }
}

/** Everything written so far is durable. */
export const noteSync = ({ layers }: Model): void => {
  for (const { unsynced } of layers.values()) unsynced.clear()
}

/** The power went: of what was written since the last sync nothing is known. */
export const notePowerLoss = ({ layers }: Model): void => {
  for (const { content, unsynced } of layers.values()) {
    for (const path of unsynced) content.set(path, 'anything')
    unsynced.clear()
  }
}
