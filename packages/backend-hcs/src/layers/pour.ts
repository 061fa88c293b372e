import type { LayerItem } from '@varve/core/tar'
import type { LayerSink } from '../transport/items.js'
import type { Control } from './control.js'

/** Counts what comes by, and tells of it. */
export const counter = ({ progress }: Control): ((item: LayerItem) => void) => {
  let files = 0
  let bytes = 0
  return (item) => {
    if (item.type === 'bytes') bytes += item.bytes.length
    else if (item.entry.type !== 'stream') files++
    progress({ files, bytes })
  }
}

/** Puts entries and their bytes into a sink. `check` comes before each and may end it. */
export const pour = (
  items: Iterable<LayerItem>,
  sink: LayerSink,
  check: () => void,
  count: (item: LayerItem) => void,
): void => {
  for (const item of items) {
    check()
    if (item.type === 'entry') sink.add(item.entry, item.offset)
    else sink.write(item.bytes)
    count(item)
  }
}
