import { decodeLayer, encodeLayer, type LayerEntry } from '@varve/core/tar'

/** A process of its own: one file of so many bytes into a tar and out of it again; prints its peak memory in KiB. */
const size = Number(process.argv[2])
const chunk = new Uint8Array(256 * 1024)
const times = { created: 0n, accessed: 0n, modified: 0n, changed: 0n }
const windows = { attributes: 0x20, times }
const folder: LayerEntry = { type: 'directory', name: 'Files', ...windows, attributes: 0x10 }
const large: LayerEntry = { type: 'file', name: 'Files/large.bin', ...windows, size, hasData: true }

async function* zeros(): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; left -= chunk.length) yield chunk.slice(0, Math.min(left, chunk.length))
}

let read = 0
for await (const { body } of decodeLayer(encodeLayer([{ entry: folder }, { entry: large, body: zeros() }]))) {
  for await (const bytes of body) read += bytes.length
}
if (read !== size) throw new Error(`${read} bytes came out of a tar of ${size}`)
console.log(JSON.stringify({ maxRSS: process.resourceUsage().maxRSS }))
