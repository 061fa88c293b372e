// @ts-check
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../setup.mjs'
import { tidy } from '../tidy.mjs'
import { treeOf } from './fixture.mjs'

const long = (/** @type {number} */ lines) => Array.from({ length: lines }, (_, line) => `  use(${line})`).join('\n')

/**
 * Each of these files breaks one rule, the one whose words are given; nothing else is found.
 * @type {[path: string, content: string | Uint8Array, finding: RegExp][]}
 */
const broken = [
  ['packages/core/src/model/a.ts', `import { s } from '../state/s.js'`, /model may import only itself/],
  ['packages/core/src/state/a.ts', `import type { D } from '../decider/d.js'`, /state may import only itself, model/],
  ['packages/core/src/decider/a.ts', `export * from '../log/l.js'`, /decider may import only/],
  ['packages/core/src/log/a.ts', `export const l = import('../runtime/open.js')`, /log may import only/],
  ['packages/core/src/log/b.ts', `type P = import('../runtime/ports.js').Ports`, /log may import only/],
  ['packages/core/src/differ/a.ts', `import {\n  s,\n} from '../state/s.js'`, /differ may import only itself, model/],
  ['packages/core/src/tar/deep/a.ts', `import '../../differ/d.js'`, /tar may import only itself, model/],
  [
    'packages/core/src/adapter/a.ts',
    `import { e } from '../runtime/engine.js'`,
    /adapter may import only itself, model, runtime\/ports/,
  ],
  ['packages/core/src/runtime/c.ts', `import { g } from '../adapter/gate.js'`, /runtime may import only/],
  ['packages/core/src/runtime/a.ts', `import { c } from '../../conformance/c.js'`, /may import conformance/],
  ['packages/core/src/runtime/b.ts', `import { all } from '../index.js'`, /files that gather all rooms/],
  ['packages/core/src/index.ts', `export * from '../conformance/index.js'`, /may import conformance/],
  ['packages/core/src/attic/a.ts', `import { m } from '../model/m.js'`, /attic is no room of core/],
  ['packages/core/conformance/a.ts', `import { o } from '../src/runtime/open.js'`, /conformance may import only/],
  ['packages/core/conformance/b.ts', `import { s } from '../src/state/s.js'`, /conformance may import only/],
  ['packages/core/conformance/c.ts', `import { openSnapshotter } from '../src/promise.js'`, /the types of promise/],
  ['packages/core/test/support.ts', `import { m } from '@varve/backend-fake'`, /packages\/core may import only core/],
  ['packages/store-level/src/a.ts', `import { m } from '@varve/backend-fake'`, /store-level may import only core/],
  ['packages/store-level/src/b.ts', `import { c } from '@varve/core/conformance'`, /may import conformance/],
  ['packages/store-level/test/b.ts', `import { m } from '../../backend-fake/src/m.js'`, /by their names/],
  ['packages/backend-fake/src/a.ts', `import { l } from '@varve/store-level'`, /backend-fake may import only core/],
  ['packages/backend-hcs/src/a.ts', `import { l } from '@varve/backend-fake'`, /backend-hcs may import only core/],
  ['bench/a.ts', `import { main } from '../examples/start/main.js'`, /by their names/],
  ['bench/b.ts', `import { main } from '@varve/examples'`, /bench may import only/],
  ['packages/core/package.json', `{ "devDependencies": { "@varve/store-level": "1" } }`, /names @varve\/store-level/],
  ['packages/store-level/package.json', `{ "dependencies": { "@varve/backend-fake": "1" } }`, /names @varve\/backend/],
  ['packages/core/src/state/w1.ts', `import { readFileSync } from 'node:fs'`, /uses node:fs/],
  ['packages/core/src/state/w2.ts', `export const now = Date.now()`, /uses Date.now/],
  ['packages/core/src/state/w3.ts', `export const now = new Date()`, /uses new Date/],
  ['packages/core/src/state/w4.ts', `export const id = Math.random()`, /uses Math.random/],
  ['packages/core/src/state/w5.ts', `export const home = process.env`, /uses process\./],
  ['packages/core/src/state/w6.ts', `console.log(1)`, /uses console\./],
  ['packages/core/src/state/w7.ts', `setTimeout(() => {}, 1)`, /uses setTimeout/],
  ['packages/core/conformance/w8.ts', `export const now = performance.now()`, /uses performance.now/],
  ['packages/core/conformance/w9.ts', `export const load = () => import("node:fs")`, /uses node:fs/],
  ['packages/core/src/runtime/clock.ts', `export const id = Math.random() + Date.now()`, /clock.ts: uses Math.random/],
  ['packages/backend-fake/src/memory/a.ts', `import { readFileSync } from 'node:fs'`, /uses node:fs/],
  ['packages/core/src/log/f1.ts', `import * as E from 'fp-ts/Either'`, /plain node finds only/],
  ['packages/core/src/log/f2.ts', `import { either } from 'fp-ts'`, /plain node finds only/],
  ['packages/core/src/log/f3.ts', `import * as E from 'fp-ts/lib/Either'`, /plain node finds only/],
  ['packages/core/test/a.test.ts', `test('a', () => {})\n// test.run()`, /never runs/],
  ['packages/core/test/b.test.ts', `test.only('a', () => {})\ntest.run()`, /holds back other tests/],
  ['packages/core/src/log/c.test.ts', `test.run()`, /where the runner does not look/],
  ['scripts/test/d.test.ts', `test.run()`, /where the runner does not look/],
  ['packages/core/src/log/long.ts', '// line\n'.repeat(301), /has 301 lines/],
  ['examples/long/main.ts', `export const f = () => {\n${long(69)}\n}`, /too many lines \(71\)/],
  ['scripts/long.mjs', `function f() {\n${long(69)}\n}`, /too many lines \(71\)/],
  ['docs/blob.md', Uint8Array.of(0x61, 0xff), /not UTF-8 text/],
  ['docs/zero.md', Uint8Array.of(0x61, 0), /not UTF-8 text/],
  ['docs/place.md', `see ${['', 'work', 'main'].join('/')}`, /other machines do not have/],
  ['docs/home.md', `(${['', 'root', '.npmrc'].join('/')})`, /other machines do not have/],
  ['package-lock.json', `"resolved": ${JSON.stringify('https' + '://host/a.tgz')}`, /other machines do not have/],
]

const findings = tidy(treeOf(Object.fromEntries(broken)))

for (const [path, , expected] of broken) {
  test(`${path} is found: ${expected.source}`, () => {
    const own = findings.filter((finding) => finding.startsWith(`${path}: `))
    assert.is(own.length, 1, own.join('\n'))
    assert.match(own[0] ?? '', expected)
  })
}

test('nothing else is found', () => {
  assert.is(findings.length, broken.length, findings.join('\n'))
})

test('what is allowed is not found', () => {
  const tree = treeOf({
    'packages/core/src/index.ts': `export * from './runtime/open.js'\nexport * from './differ/d.js'`,
    'packages/core/src/promise.ts': `import { open } from './runtime/open.js'`,
    'packages/core/src/runtime/clock.ts': `export const now = () => Date.now() + performance.now()`,
    'packages/core/src/runtime/open.ts': `import { d } from '../decider/d.js'\nimport { l } from '../log/l.js'`,
    'packages/core/src/state/words.ts': `/* Date.now() */ // console.log\nexport const a = 'ends the process. Then' // new Date()`,
    'packages/core/src/state/regular.ts': `export const quote = /['"\`]/\n// Date.now()\nexport const b = a.process.x`,
    'packages/core/conformance/a.ts': `import type { P } from '../src/runtime/ports.js'\nimport { m } from '../src/model/m.js'`,
    'packages/core/conformance/b.ts': `import type { F } from '../src/promise.js'\nexport type { G } from '../src/promise.js'`,
    'packages/core/conformance/c.ts': `import { layerEncoder } from '../src/tar/index.js'`,
    'packages/core/test/a.test.ts': `import { step } from '@varve/core'\nimport { readFileSync } from 'node:fs'\ntest.run()`,
    'packages/core/package.json': `{ "name": "@varve/core", "dependencies": { "fp-ts": "2" } }`,
    'packages/backend-fake/src/disk/a.ts': `import { readFileSync } from 'node:fs'`,
    'packages/backend-fake/src/tool/a.ts': `import { fork } from 'node:child_process'`,
    'packages/store-level/src/a.ts': `import * as E from 'fp-ts/lib/Either.js'\nimport { s } from '@varve/core'`,
    'packages/store-level/test/a.test.ts': `import { m } from '@varve/backend-fake'\nfor (const n of [1]) {\n  const s = suite(n)\n  s.run()\n}`,
    'packages/store-level/package.json': `{ "devDependencies": { "@varve/backend-fake": "1" } }`,
    'packages/core/src/state/lines.ts': '// line\n'.repeat(300),
    'scripts/short.mjs': `function f() {\n${long(68)}\n}`,
    'node_modules/x/index.js': 'import "fp-ts"',
    'docs/paths.md': 'packages/work/x and https://example.org/root/x',
  })
  assert.equal(tidy(tree), [])
})

test('this repository is tidy', () => {
  assert.equal(tidy(root), [])
})

test.run()
