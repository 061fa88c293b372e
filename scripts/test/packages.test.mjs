// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../setup.mjs'
import { workspacesOf } from '../stamps.mjs'

const read = (/** @type {string[]} */ ...names) => readFileSync(join(root, ...names), 'utf8')

for (const workspace of workspacesOf(root).filter((name) => name.startsWith('packages/')))
  test(`${workspace} is published with its license and a page that names what can be imported and run`, () => {
    const { name, license, exports, bin = {} } = JSON.parse(read(workspace, 'package.json'))
    assert.is(license, 'Apache-2.0')
    assert.is(read(workspace, 'LICENSE'), read('LICENSE'))
    const page = read(workspace, 'README.md')
    assert.ok(page.startsWith(`# ${name}\n`))
    const entries = Object.keys(exports).filter((entry) => entry !== './package.json')
    const named = [...entries.map((entry) => join(name, entry).replaceAll('\\', '/')), ...Object.keys(bin)]
    for (const one of named) assert.ok(page.includes(`\`${one}\``), `the page of ${name} says nothing of ${one}`)
  })

test.run()
