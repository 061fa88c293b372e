import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const packageFile = new URL('../../package.json', import.meta.url)

type Conditions = { readonly node: string; readonly default: string }
const { imports } = JSON.parse(fs.readFileSync(packageFile, 'utf8')) as {
  readonly imports: Readonly<Record<string, Conditions>>
}

const statements = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g

/** Every module that loading `entry` loads, as the condition resolves the package's own imports; dynamic imports only if asked for. */
const loadedBy = (entry: string, condition: keyof Conditions, withDynamic: boolean): ReadonlySet<string> => {
  const loaded = new Set<string>()
  const visit = (module: URL): void => {
    if (loaded.has(module.href)) return
    loaded.add(module.href)
    const text = fs.readFileSync(module, 'utf8')
    for (const [statement, name = ''] of text.matchAll(statements)) {
      if (statement.startsWith('import(') && !withDynamic) continue
      const own = imports[name]?.[condition]
      if (own !== undefined) visit(new URL(own, packageFile))
      else if (name.startsWith('.')) visit(new URL(name, module))
      else loaded.add(name)
    }
  }
  visit(new URL(entry, packageFile))
  return loaded
}

const nodeModules = (loaded: ReadonlySet<string>): readonly string[] =>
  [...loaded].filter((name) => name.startsWith('node:'))

test('a backend in memory loads nothing from node', () => {
  assert.equal(nodeModules(loadedBy('./dist/src/index.js', 'node', false)), [])
})

test('where there is no node, nothing from node is loaded whatever is asked for', () => {
  assert.equal(nodeModules(loadedBy('./dist/src/index.js', 'default', true)), [])
})

test('the on-disk world does load it', () => {
  assert.ok(nodeModules(loadedBy('./dist/src/index.js', 'node', true)).includes('node:worker_threads'))
})

test('where there is no node, a root is refused when the backend is opened', async () => {
  const { resolveRoot } = (await import(new URL(imports['#host']?.default ?? '', packageFile).href)) as {
    readonly resolveRoot: (root: string) => unknown
  }
  assert.is(resolveRoot('./layers'), undefined)
  const { openDiskDriver } = (await import(new URL(imports['#disk']?.default ?? '', packageFile).href)) as {
    readonly openDiskDriver: (layout: unknown) => Promise<{ readonly _tag: string }>
  }
  assert.is((await openDiskDriver({ root: '/layers', separator: '/' }))._tag, 'Left')
})

test.run()
