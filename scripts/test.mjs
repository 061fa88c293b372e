// @ts-check
/**
 * `npm test -- [NAME…] [--node PATH]`: runs every test file as built JavaScript, each in a plain node process of its own
 * (another binary with --node), of all workspaces and scripts/ or of those named. The last line is the sum.
 */
import { endWithParent } from './ending.mjs'
import { runTestFiles, sumOf, testFilesOf, testedDirectories } from './run-tests.mjs'
import { root, setUp } from './setup.mjs'

/** @param {string[]} argv */
const parse = (argv) => {
  const at = argv.indexOf('--node')
  if (at === -1) return { node: process.execPath, names: argv }
  return { node: argv[at + 1] ?? '', names: argv.filter((_, index) => index !== at && index !== at + 1) }
}

/** @param {string} complaint */
const refuse = (complaint) => {
  console.error(complaint)
  process.exit(2)
}

const { node, names } = parse(process.argv.slice(2))
if (node === '') refuse('--node wants the path of a node binary')
const known = testedDirectories(root)
for (const name of names)
  if (!known.has(name)) refuse(`There are no tests called ${name}. These there are: ${[...known.keys()].join(', ')}`)

endWithParent()
await setUp()
const wanted = names.length === 0 ? [...known.keys()] : names
const files = wanted.flatMap((name) => testFilesOf(root, known.get(name) ?? name))
const results = await runTestFiles(root, files, node, (text) => process.stdout.write(text))

const empty = wanted
  .filter((name) => name !== 'examples' && name !== 'bench')
  .filter((name) => !results.some(({ file, ran }) => file.workspace === known.get(name) && ran > 0))
const sum = sumOf(results)
for (const { file, fault } of results) if (fault !== undefined) console.log(`failed: ${file.source} (${fault})`)
for (const name of empty) console.log(`failed: ${name} ran no test at all`)
console.log(`${sum.passed} passed, ${sum.failed + empty.length} failed, ${sum.skipped} skipped`)
process.exitCode = sum.failed + empty.length === 0 ? 0 : 1
