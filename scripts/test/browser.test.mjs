// @ts-check
/** The pure packages in a browser: the same bundle leads to the same digest there. Needs Chromium, and is skipped without it. */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { simulate } from '@varve/backend-fake'
import { redecide, replay } from '@varve/core'
import { importBundle } from '@varve/core/promise'
import { build } from 'esbuild'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../setup.mjs'
import { treeOf } from './fixture.mjs'

const LIMIT_MS = 120_000

const fixture = readFileSync(join(root, 'packages/core/test/fixtures/bundle-v1.ndjson'))

const chromium = ['chromium-headless-shell', 'chromium', 'chromium-browser'].find(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
)
if (chromium === undefined)
  console.log('SKIPPED: there is no chromium here; install chromium-headless-shell or chromium')

/** The page's code with all that it imports; a module of node in it is an error. */
const bundled = async () => {
  const entryPoints = [fileURLToPath(new URL('browser/page.mjs', import.meta.url))]
  const { outputFiles } = await build({ entryPoints, bundle: true, format: 'esm', platform: 'browser', write: false })
  return outputFiles[0]?.text ?? ''
}

/**
 * Serves the page and resolves with what it tells.
 * @param {string} code
 * @param {(url: string) => () => void} browse opens the page in a browser; what it answers ends that
 * @returns {Promise<any>}
 */
const toldBy = (code, browse) =>
  new Promise((resolve, reject) => {
    /** @type {Record<string, [type: string, content: string | Buffer]>} */
    const pages = {
      '/': ['text/html', '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>'],
      '/page.js': ['text/javascript', code],
      '/bundle': ['application/x-ndjson', fixture],
    }
    let endBrowser = () => {}
    const server = createServer((request, response) => {
      if (request.url !== '/told') {
        const [type, content] = pages[request.url ?? ''] ?? ['text/plain', '']
        response.writeHead(200, { 'content-type': type }).end(content)
        return
      }
      /** @type {Buffer[]} */
      const chunks = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        response.end()
        end()
        resolve(JSON.parse(Buffer.concat(chunks).toString()))
      })
    })
    const end = () => {
      clearTimeout(timer)
      endBrowser()
      server.close()
      server.closeAllConnections()
    }
    const timer = setTimeout(() => {
      end()
      reject(new Error(`the browser told nothing within ${LIMIT_MS} ms`))
    }, LIMIT_MS)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      endBrowser = browse(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`)
    })
  })

/** @param {string} url */
const openChromium = (url) => {
  const profile = join(treeOf({ 'profile/.keep': '' }), 'profile')
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-port=0']
  const argv = [...flags, `--user-data-dir=${profile}`, url]
  // A group of its own: Chromium is a script that starts many processes, which outlive it.
  const { pid = 0 } = spawn(chromium ?? '', argv, { stdio: 'ignore', detached: true })
  return () => void process.kill(-pid, 'SIGKILL')
}

/** @param {{ records: readonly string[], profile: 'bind' | 'windows-layer' }} bundle */
const digestOf = ({ records, profile }) => {
  const replayed = replay(records, { profile })
  return replayed._tag === 'Right' ? replayed.right.digest : replayed.left.message
}

test('the pure packages hold nothing of node: they are bundled for a browser', async () => {
  const code = await bundled()
  assert.not.match(code, /\bnode:[a-z_/]+['"]/)
  assert.ok(code.length > 100_000, 'nothing was bundled')
})

const inBrowser = chromium === undefined ? test.skip : test

inBrowser('Chromium replays, records and simulates the same as node', async () => {
  const told = await toldBy(await bundled(), openChromium)
  assert.is(told.error, undefined)
  console.log(told.engine)
  const bundle = await importBundle(fixture)
  assert.is(told.recorded.digest, digestOf(bundle))
  assert.equal(told.recorded.redecided, { _tag: 'Right', right: { inputs: 22, divergence: null } })
  const recorded = await importBundle(told.live.text)
  assert.is(told.live.read, 'hello')
  assert.is(digestOf(recorded), told.live.digest)
  assert.equal(redecide(recorded), { _tag: 'Right', right: { inputs: recorded.records.length - 1, divergence: null } })
  const { trace, verdict, faults } = await simulate({ seed: 1, steps: 400 })
  assert.equal(told.simulated, { trace, verdict, faults })
})

test.run()
