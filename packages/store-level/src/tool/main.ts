import { parseArgs } from 'node:util'
import type { Profile } from '@varve/core'
import { reasonOf } from '../faults.js'
import { checkLog, repairLog, rescueLog } from './fsck.js'
import { bundleLog, explainSnapshot, replayLog, type Asked } from './commands.js'

const help = `varve bundle LOG FILE          writes a log as one file, which replays anywhere
varve replay LOG|FILE          folds a log or a bundle; decides its inputs again, if they were kept
varve explain LOG|FILE KEY     why a snapshot is as it is, or how it ended
varve explain LOG|FILE --id N  the same by the snapshot's id
varve check LOG                holds a log and its layers against each other; --plan FILE writes what a repair would do
varve repair LOG FILE          performs such a plan, if it still holds
varve rescue LOG               fills an empty log from the layers that are left when theirs is gone

  LOG              the directory given to levelStore; nobody may have it open
  --profile NAME   that of the log's opening, bind (default) or windows-layer
  --root DIR       of check, repair and rescue: where the layers are
  --backend M#F    of them, too: the function F of the module M makes their backend of { root }; default
                   @varve/backend-hcs#hcsBackend on Windows, @varve/backend-fake#fakeBackend elsewhere
  --json           one line of JSON

Exit codes: 0 done, 1 refused (damaged, not found, decided otherwise today) or damage found, 2 wrong usage, 3 the log is open elsewhere.`

/** What the tool ends with. */
export const exitCodes = { done: 0, refused: 1, usage: 2, inUse: 3 } as const

/** Where the tool writes to. */
export type Output = { readonly out: (line: string) => void; readonly error: (line: string) => void }

const streams: Output = {
  out: (line) => void process.stdout.write(`${line}\n`),
  error: (line) => void process.stderr.write(`${line}\n`),
}

const wrongUsage = (problem: string): Error => Object.assign(new Error(problem), { code: 'USAGE' })

const defaultBackend =
  process.platform === 'win32' ? '@varve/backend-hcs#hcsBackend' : '@varve/backend-fake#fakeBackend'

const options = {
  profile: { type: 'string', default: 'bind' },
  id: { type: 'string' },
  root: { type: 'string' },
  backend: { type: 'string', default: defaultBackend },
  plan: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

const commands: readonly string[] = ['bundle', 'replay', 'explain', 'check', 'repair', 'rescue']

const profileOf = (name: string): Profile => {
  if (name === 'bind' || name === 'windows-layer') return name
  throw wrongUsage(`--profile must be bind or windows-layer; found ${JSON.stringify(name)}`)
}

const idOf = (text: string): number => {
  const id = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(id)) return id
  throw wrongUsage(`--id must be a number; found ${JSON.stringify(text)}`)
}

const run = async (argv: readonly string[], out: Output['out']): Promise<number> => {
  const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
  const [command, source, ...rest] = positionals
  if (values.help || command === undefined) {
    out(help)
    return values.help ? exitCodes.done : exitCodes.usage
  }
  if (!commands.includes(command)) throw wrongUsage(`there is no command ${JSON.stringify(command)}`)
  if (source === undefined) throw wrongUsage(`${command} needs a log`)
  const asked: Asked = { source, profile: profileOf(values.profile), json: values.json, out }
  const wants = values.id === undefined ? rest : [...rest, idOf(values.id)]
  const [wanted] = wants
  if (command === 'check' || command === 'repair' || command === 'rescue') {
    if (values.root === undefined) throw wrongUsage(`${command} needs --root, where the layers are`)
    const layers = { root: values.root, backend: values.backend }
    if (command === 'check' && wants.length === 0) return checkLog(asked, layers, values.plan)
    if (command === 'repair' && typeof wanted === 'string' && wants.length === 1)
      return repairLog(asked, layers, wanted)
    if (command === 'rescue' && wants.length === 0) return rescueLog(asked, layers)
  }
  if (command === 'bundle' && typeof wanted === 'string' && wants.length === 1) return bundleLog(asked, wanted)
  if (command === 'replay' && wants.length === 0) return replayLog(asked)
  if (command === 'explain' && wanted !== undefined && wants.length === 1) return explainSnapshot(asked, wanted)
  throw wrongUsage(`this is no call of ${JSON.stringify(command)}: varve ${argv.join(' ')}`)
}

type Thrown = { readonly code?: unknown }

const codeOf = (error: unknown): string => String((error as Thrown).code)

/** Runs the tool; answers its exit code. */
export const main = async (argv: readonly string[], { out, error }: Output = streams): Promise<number> => {
  try {
    return await run(argv, out)
  } catch (thrown) {
    const code = codeOf(thrown)
    const isUsage = code === 'USAGE' || code.startsWith('ERR_PARSE_ARGS')
    error(isUsage ? `${reasonOf(thrown)}\n\n${help}` : reasonOf(thrown))
    if (isUsage) return exitCodes.usage
    return code === 'LEVEL_LOCKED' || code === 'IN_USE' ? exitCodes.inUse : exitCodes.refused
  }
}
