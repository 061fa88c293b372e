import { directoryContent } from '@varve/store-level'
import { writeSparse } from './layer-tree.js'
import { firstLayer, openLayers, timedApply } from './layer-rig.js'
import { must } from './must.js'

/**
 * A process of its own: one file of so many bytes out of a layer and into another; prints its peak memory in KiB, and what that
 * was when only the modules were loaded, and when the layer had been exported.
 */
const loaded = process.resourceUsage().maxRSS
const [directory = '', size = ''] = process.argv.slice(2)
const snapshotter = await openLayers(directory, directoryContent(`${directory}/content`))
const { lower, upper } = await firstLayer(snapshotter, (path) => writeSparse(`${path}/large.bin`, Number(size)))
const mediaType = 'application/vnd.oci.image.layer.v1.tar'
const descriptor = must(await snapshotter.compare(lower, upper, { mediaType })())
const exported = process.resourceUsage().maxRSS
await timedApply(snapshotter, descriptor)
must(await snapshotter.close()())
console.log(JSON.stringify({ loaded, exported, maxRSS: process.resourceUsage().maxRSS, size: descriptor.size }))
