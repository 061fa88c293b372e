// @ts-check
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * A directory of its own with these files, deleted when this process ends.
 * @param {Record<string, string | Uint8Array>} files by path
 */
export const treeOf = (files) => {
  const root = mkdtempSync(join(tmpdir(), 'varve-scripts-'))
  process.on('exit', () => rmSync(root, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

/**
 * Resolves once `holds` does; rejects when that takes longer than ten seconds.
 * @param {() => boolean} holds
 * @param {string} what
 */
export const until = async (holds, what) => {
  for (const start = Date.now(); !holds(); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() - start > 10_000) throw new Error(`waited ten seconds for ${what}`)
}
