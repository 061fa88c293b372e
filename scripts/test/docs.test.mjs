// @ts-check
/** Every block of code in the documentation that is marked `ts` is compiled as an importer would, and run. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Below node_modules, so that the packages are found by their names, and outside what a build looks after. */
const workshop = join(root, 'node_modules/.varve/documentation')

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true }).map((page) => `docs/${String(page)}`),
]

/** @param {string} page */
const blocksOf = (page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code], index) => ({
    name: `${basename(page, '.md')}-${index + 1}`,
    code: code ?? '',
  }))

const blocks = pages.filter((page) => page.endsWith('.md')).flatMap(blocksOf)

/** @param {string[]} argv @param {string} cwd */
const node = (argv, cwd) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd, encoding: 'utf8', timeout: 300_000 })
  return { status, said: `${stdout}${stderr}` }
}

test.before(() => {
  rmSync(workshop, { recursive: true, force: true })
  mkdirSync(workshop, { recursive: true })
  for (const { name, code } of blocks) writeFileSync(join(workshop, `${name}.ts`), code)
  const compilerOptions = {
    composite: false,
    rootDir: '.',
    outDir: '.',
    types: ['node'],
    declaration: false,
    declarationMap: false,
  }
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'], exclude: [] }
  writeFileSync(join(workshop, 'tsconfig.json'), JSON.stringify(config))
})

test('the documentation has code', () => {
  assert.ok(blocks.length >= 3, `found ${blocks.length} blocks`)
})

test('it compiles', () => {
  const { status, said } = node([join(root, 'node_modules/typescript/bin/tsc'), '-p', workshop], root)
  assert.is(status, 0, said)
})

for (const { name } of blocks) {
  test(`${name} runs`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'varve-documentation-'))
    const { status, said } = node([join(workshop, `${name}.js`)], directory)
    rmSync(directory, { recursive: true, force: true })
    assert.is(status, 0, said)
  })
}

test.run()
