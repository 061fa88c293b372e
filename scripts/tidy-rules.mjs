// @ts-check
/** The rules of tidy: each looks at one file and says what is wrong with it. */
import { isUtf8 } from 'node:buffer'
import { posix } from 'node:path'

/**
 * @typedef {{ path: string, bytes: Buffer }} SourceFile
 * @typedef {(file: SourceFile) => string[]} Rule
 */

const FILE_LINES = 300

/** What each room of core may import besides itself: whole rooms, and single files of others. */
const ROOMS = /** @type {Record<string, string[]>} */ ({
  model: [],
  state: ['model'],
  decider: ['model', 'state'],
  log: ['model', 'state', 'decider'],
  differ: ['model'],
  tar: ['model'],
  vhdx: [],
  adapter: ['model', 'runtime/ports'],
  runtime: ['model', 'state', 'decider', 'log', 'differ', 'tar'],
  fsck: ['model', 'state', 'decider', 'log', 'runtime'],
})

/** The workspaces that each workspace may name: everywhere, and in its tests. */
const NAMES = /** @type {Record<string, { anywhere: string[], tests: string[] }>} */ ({
  'packages/core': { anywhere: [], tests: [] },
  'packages/backend-fake': { anywhere: ['core'], tests: [] },
  'packages/store-level': { anywhere: ['core'], tests: ['backend-fake'] },
  'packages/backend-hcs': { anywhere: ['core'], tests: [] },
  examples: { anywhere: ['core', 'backend-fake', 'store-level', 'backend-hcs'], tests: [] },
  bench: { anywhere: ['core', 'backend-fake', 'store-level', 'backend-hcs'], tests: [] },
})

const TIME = ['Date.now', 'new Date', 'performance.now', 'setTimeout', 'setInterval', 'setImmediate']
/** The only pure files that may ask for the time. */
const CLOCKS = ['packages/core/src/runtime/clock.ts', 'packages/backend-fake/src/clock.ts']

const WORLD = ['Math.random', 'process.', 'console.']

/** @param {SourceFile} file */
const textOf = ({ bytes }) => bytes.toString('utf8')

/** @param {string} path */
const isCode = (path) => /\.(ts|mts|cts|js|mjs|cjs)$/.test(path)

/** @param {string} path */
const workspaceOf = (path) => /^(packages\/[^/]+|examples|bench)(?=\/)/.exec(path)?.[0]

const COMMENT_OR_LITERAL =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|(?<=[=(,:[!&|?{};\n]\s*|return\s)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//g

/**
 * Code with its comments blanked.
 * @param {string} text
 */
const withoutComments = (text) =>
  text.replace(COMMENT_OR_LITERAL, (found) => (/^\/[/*]/.test(found) ? found.replace(/[^\n]/g, ' ') : found))

/**
 * Code with its comments and literals blanked.
 * @param {string} text
 */
const bareCode = (text) => text.replace(COMMENT_OR_LITERAL, (found) => found.replace(/[^\n]/g, ' '))

/**
 * The specifiers of every import, type import, dynamic import and re-export.
 * @param {string} text
 */
const importsOf = (text) =>
  [...withoutComments(text).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*(['"])(.+?)\1/g)].map((match) => match[2] ?? '')

/**
 * The specifiers of what is still imported when the types are gone.
 * @param {string} text
 */
const valueImportsOf = (text) =>
  importsOf(text.replace(/\b(?:import|export)\s+type\s+(?:\{[^}]*\}|\*(?:\s+as\s+\w+)?)\s+from\s*(['"]).+?\1/g, ''))

/**
 * The room of core a path lies in, undefined for the files that may import every room.
 * @param {string} path
 */
const roomOf = (path) => /^packages\/core\/src\/([^/]+)\//.exec(path)?.[1]

/**
 * @param {string} path
 * @param {string} target path within the repository, without ending
 * @param {boolean} typesOnly
 */
const coreImport = (path, target, typesOnly) => {
  const toConformance = target.startsWith('packages/core/conformance/')
  if (path.startsWith('packages/core/src/')) {
    if (toConformance) return 'nothing in src may import conformance'
    const [from, to] = [roomOf(path), roomOf(target)]
    if (from === undefined || from === to) return undefined
    if (ROOMS[from] === undefined) return `${from} is no room of core: give it a row in scripts/tidy-rules.mjs`
    if (to === undefined) return `${from} may not import the files that gather all rooms`
    const allowed = [to, target.slice('packages/core/src/'.length)]
    return ROOMS[from].some((name) => allowed.includes(name))
      ? undefined
      : `${from} may import only ${['itself', ...ROOMS[from]].join(', ')}`
  }
  if (!path.startsWith('packages/core/conformance/') || toConformance) return undefined
  if (['model', 'tar'].includes(roomOf(target) ?? '') || /^packages\/core\/src\/runtime\/(ports|face)$/.test(target))
    return undefined
  if (roomOf(target) === 'fsck' && typesOnly) return undefined
  return target === 'packages/core/src/promise' && typesOnly
    ? undefined
    : 'conformance may import only model, tar (its cases make and read tars), runtime/ports, runtime/face, the types of promise and fsck, and itself'
}

/**
 * @param {string} path
 * @param {string} specifier
 * @param {boolean} typesOnly
 */
const importFault = (path, specifier, typesOnly) => {
  const workspace = workspaceOf(path)
  if (workspace === undefined) return undefined
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '')
    return target.startsWith(`${workspace}/`)
      ? coreImport(path, target, typesOnly)
      : 'a package imports others by their names only'
  }
  if (!specifier.startsWith('@varve/')) return undefined
  const { anywhere = [], tests = [] } = NAMES[workspace] ?? {}
  const isTest = path.startsWith(`${workspace}/test/`)
  const allowed = isTest ? [posix.basename(workspace), ...anywhere, ...tests] : anywhere
  if (!allowed.includes(specifier.split('/')[1] ?? ''))
    return `${workspace} may import only ${allowed.join(', ') || 'itself'}`
  return path.startsWith(`${workspace}/src/`) && specifier === '@varve/core/conformance'
    ? 'nothing in src may import conformance'
    : undefined
}

/** @type {Rule} */
const importDirections = (file) => {
  if (!isCode(file.path)) return []
  const values = valueImportsOf(textOf(file))
  return [...new Set(importsOf(textOf(file)))].flatMap((specifier) => {
    const fault = importFault(file.path, specifier, !values.includes(specifier))
    return fault === undefined ? [] : [`${file.path}: imports '${specifier}', but ${fault}`]
  })
}

/** @type {Rule} */
const namedPackages = (file) => {
  const workspace = workspaceOf(file.path)
  if (workspace === undefined || file.path !== `${workspace}/package.json`) return []
  const { anywhere = [], tests = [] } = NAMES[workspace] ?? {}
  /** @type {Record<string, Record<string, string> | undefined>} */
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = JSON.parse(textOf(file))
  /**
   * @param {Record<string, string> | undefined} named
   * @param {string[]} allowed
   */
  const tooMany = (named, allowed) =>
    Object.keys(named ?? {}).filter((name) => name.startsWith('@varve/') && !allowed.includes(name.slice(7)))
  const shipped = { ...dependencies, ...peerDependencies, ...optionalDependencies }
  return [...tooMany(shipped, anywhere), ...tooMany(devDependencies, [...anywhere, ...tests])].map(
    (name) => `${file.path}: names ${name}, which ${workspace} may not depend on`,
  )
}

/** @type {Rule} */
const forbiddenWords = (file) => {
  const pure =
    /^packages\/core\/(src|conformance)\//.test(file.path) ||
    (file.path.startsWith('packages/backend-fake/src/') &&
      !/^packages\/backend-fake\/src\/(disk|tool)\//.test(file.path))
  if (!isCode(file.path) || !pure) return []
  const code = withoutComments(textOf(file))
  const words = CLOCKS.includes(file.path) ? WORLD : [...TIME, ...WORLD]
  return [
    ...importsOf(textOf(file)).filter((specifier) => specifier.startsWith('node:')),
    ...words.filter((word) => {
      const ending = word.endsWith('.') ? '\\w' : '\\b'
      return new RegExp(`(?<![\\w$.])${word.replace('.', '\\.')}(?=${ending})`).test(code)
    }),
  ].map((word) => `${file.path}: uses ${word}, which this code must be given from outside (a port, or an input)`)
}

/** @type {Rule} */
const deepImports = (file) => {
  if (!isCode(file.path) || workspaceOf(file.path) === undefined) return []
  return importsOf(textOf(file))
    .filter((specifier) => /^fp-ts(\/|$)/.test(specifier) && !/^fp-ts\/lib\/\w+\.js$/.test(specifier))
    .map((specifier) => `${file.path}: imports '${specifier}'; plain node finds only 'fp-ts/lib/<Module>.js'`)
}

/** @type {Rule} */
const testsRun = (file) => {
  if (!/\.test\.\w+$/.test(file.path)) return []
  const code = bareCode(textOf(file))
  const place = /^(packages\/[^/]+|examples|bench)\/test\/.*\.test\.ts$|^scripts\/test\/.*\.test\.mjs$/
  return [
    ...(place.test(file.path)
      ? []
      : [`${file.path}: is where the runner does not look; tests are <workspace>/test/**/*.test.ts`]),
    ...(/^\s*\w+\.run\(\)$/m.test(code) ? [] : [`${file.path}: never runs; end it with test.run()`]),
    ...(/\.only\(/.test(code) ? [`${file.path}: holds back other tests with .only`] : []),
  ]
}

/** @type {Rule} */
const fileLength = (file) => {
  const lines = textOf(file).replace(/\n$/, '').split('\n').length
  return isCode(file.path) && lines > FILE_LINES
    ? [`${file.path}: has ${lines} lines, more than ${FILE_LINES}; split it`]
    : []
}

/** @type {Rule} */
const plainText = (file) => (isUtf8(file.bytes) && !file.bytes.includes(0) ? [] : [`${file.path}: is not UTF-8 text`])

/** @type {Rule} */
const placesOfThisMachine = (file) => {
  const found =
    /(?<![\w.*}\])>-])\/(?:work|root|home\/\w+|Users\/\w+)\/|registry\.(?:npmjs|yarnpkg)\b|"resolved": "https?:[^"]*/.exec(
      textOf(file),
    )
  return found === null ? [] : [`${file.path}: tells of '${found[0]}', a place that other machines do not have`]
}

/** @type {Rule[]} */
export const rules = [
  importDirections,
  namedPackages,
  forbiddenWords,
  deepImports,
  testsRun,
  fileLength,
  plainText,
  placesOfThisMachine,
]
