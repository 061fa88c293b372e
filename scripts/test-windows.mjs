// @ts-check
/**
 * `npm run test:windows -- --root DIR [NAME…]`: on a real Windows, elevated, the suites of backend-hcs against its own DLLs,
 * and the main job, with layers in a new folder below DIR, which is on an NTFS volume. With NAMEs only the files that have one in
 * their path. Elsewhere nothing is run, and it ends with 2. The last line is the sum.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, win32 } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { endWithParent } from './ending.mjs'
import { runTestFiles, sumOf, testFilesOf } from './run-tests.mjs'
import { root, setUp } from './setup.mjs'

/** The tests that ask the Windows they run on. The others are in `npm test`. */
const MEANT = /\/conformance\//

/** Layers are the machine's: one file at a time. What a layer takes there nobody has measured. */
const LIMITS = { atOnce: 1, limitMs: 7_200_000 }

/** @param {string} why */
const refuse = (why) => {
  console.error(`nothing was run: ${why}`)
  process.exit(2)
}

/** Ends the process where layers can't be; the backend looks more closely. @param {string} given */
const checkHost = (given) => {
  if (process.platform !== 'win32')
    refuse(
      'this wants Windows Server 2019 or later. The same suites run over a stand-in: npm test and npm run test:wine',
    )
  if (!/^[a-z]:[\\/]./i.test(given))
    refuse('say where layers may be, on an NTFS volume: npm run test:windows -- --root C:\\varve-test')
  // Answers administrators only.
  if (spawnSync('net', ['session'], { stdio: 'ignore' }).status !== 0)
    refuse('this process is not elevated; open a terminal as administrator')
  const needed = win32.join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32\\vmcompute.dll')
  if (!existsSync(needed)) refuse(`${needed} is missing; Install-WindowsFeature Containers, restart, and run it again`)
}

/** @param {string[]} argv */
const parse = (argv) => {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      options: { root: { type: 'string' } },
      allowPositionals: true,
    })
    return { given: values.root ?? '', names: positionals }
  } catch (error) {
    refuse(/** @type {Error} */ (error).message)
    return { given: '', names: [] }
  }
}

/**
 * The main job, twice with the same data. Each run reads everything back; the second one also what the first one left.
 * @param {string} folder
 */
const runMainJob = (folder) => {
  const argv = ['scripts/start.mjs', '--hcs', '--from', 'packages/core/src', '--data', join(folder, 'start')]
  return ['the main job', 'the main job again, with the same data'].map((what) => {
    const { status } = spawnSync(process.execPath, argv, { cwd: root, stdio: 'inherit' })
    if (status !== 0) console.log(`failed: ${what} (ended with ${status})`)
    return status === 0
  })
}

/** Deletes what the main job has left: layers are deleted by Windows only. @param {string} folder */
const cleanUp = async (folder) => {
  const support = (/** @type {string} */ name) =>
    import(pathToFileURL(join(root, `packages/backend-hcs/dist/test/support/${name}.js`)).href)
  await (await support('standin')).startStandin(folder)
  await (await support('drop-root')).dropRoot(join(folder, 'start\\layers'))
  rmSync(folder, { recursive: true, force: true })
}

const { given, names } = parse(process.argv.slice(2))
checkHost(given)
endWithParent()
await setUp()
mkdirSync(given, { recursive: true })
const folder = mkdtempSync(join(given, 'run-'))
process.env['VARVE_WINDOWS_ROOT'] = folder
console.log(`layers in ${folder}`)
const files = testFilesOf(root, 'packages/backend-hcs').filter(({ source }) =>
  names.length === 0 ? MEANT.test(source) : names.some((name) => source.includes(name)),
)
const results = await runTestFiles(root, files, process.execPath, (text) => process.stdout.write(text), LIMITS)
const jobs = names.length === 0 ? runMainJob(folder) : []
await cleanUp(folder)
for (const { file, fault } of results) if (fault !== undefined) console.log(`failed: ${file.source} (${fault})`)
const sum = sumOf(results)
const [done, undone] = [jobs.filter((isDone) => isDone).length, jobs.filter((isDone) => !isDone).length]
console.log(`${sum.passed + done} passed, ${sum.failed + undone} failed, ${sum.skipped} skipped`)
process.exitCode = sum.failed + undone === 0 ? 0 : 1
