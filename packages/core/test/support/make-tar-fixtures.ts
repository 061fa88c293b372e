/**
 * Makes the tars of other writers that are committed: `node dist/test/support/make-tar-fixtures.js` where go, bsdtar and GNU
 * tar are installed. The golden layers are made by fixtures/tar/make.go.
 */
import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { sparse, withTree, writers } from './tar-writers.js'

const linesOf = (bytes: Uint8Array): string => {
  const text = Buffer.from(gzipSync(bytes, { level: 9 })).toString('base64')
  return `${(text.match(/.{1,100}/g) ?? []).join('\n')}\n`
}

await withTree(async (folder) => {
  const made = [...writers, ...sparse].map(async ({ name, write }) => ({ name, tar: await write(folder) }))
  for (const { name, tar } of await Promise.all(made))
    writeFileSync(new URL(`../../../test/fixtures/tar/${name}.tar.gz.b64`, import.meta.url), linesOf(tar))
})
