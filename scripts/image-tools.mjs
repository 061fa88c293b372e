// @ts-check
/**
 * `node scripts/image-tools.mjs`: builds an image with examples/build-image and shows it to other people's tools: skopeo,
 * umoci, bsdtar, containerd. What can't be asked on this machine is skipped, and told. The last line is the sum.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endWithParent } from './ending.mjs'
import { checks } from './image-checks.mjs'
import { setUp } from './setup.mjs'

/** Where Debian keeps them. */
const PACKAGES = /** @type {Record<string, string>} */ ({ ctr: 'containerd', bsdtar: 'libarchive-tools' })

/** @param {string} tool */
const isMissing = (tool) => spawnSync(tool, ['--version']).error !== undefined

/**
 * Why a check can't be made here, or undefined.
 * @param {import('./image-checks.mjs').Check} check
 */
const hindrance = ({ tools, asRoot }) => {
  const missing = tools.filter(isMissing)
  if (missing.length > 0) {
    const packages = new Set(missing.map((tool) => PACKAGES[tool] ?? tool))
    return `${missing.join(' and ')} not found; on Debian: apt-get install ${[...packages].join(' ')}`
  }
  return asRoot && process.getuid?.() !== 0 ? 'only root can do this' : undefined
}

endWithParent()
await setUp()
const place = mkdtempSync(join(tmpdir(), 'varve-image-'))
process.on('exit', () => rmSync(place, { recursive: true, force: true }))

const sum = { passed: 0, failed: 0, skipped: 0 }
for (const check of checks(place)) {
  const why = hindrance(check)
  const start = performance.now()
  try {
    if (why === undefined) await check.run()
    const how = why === undefined ? `ok, ${Math.round(performance.now() - start)} ms` : `SKIPPED: ${why}`
    console.log(`${check.name}: ${how}`)
    sum[why === undefined ? 'passed' : 'skipped'] += 1
  } catch (error) {
    console.log(`${check.name}: FAILED: ${/** @type {Error} */ (error).stack}`)
    sum.failed += 1
  }
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exitCode = sum.failed === 0 ? 0 : 1
