import { simulate } from '../simulate/simulate.js'
import { help, optionsOf } from './options.js'
import { streams, type Output } from './output.js'
import { report, runSeeds } from './seeds.js'
import { runSequences } from './sequences.js'

/** What the tool ends with. */
export const exitCodes = { held: 0, failed: 1, usage: 2, impossible: 3 } as const

const run = async (argv: readonly string[], output: Output): Promise<number> => {
  const options = optionsOf(argv)
  const codeOf = (held: boolean): number => (held ? exitCodes.held : exitCodes.failed)
  switch (options.do) {
    case 'help':
      output.out(help)
      return exitCodes.held
    case 'case': {
      const watch = options.json ? {} : { watch: output.out }
      const ran = await simulate({ case: options.case, ...watch })
      report(ran, options.json, output)
      return codeOf(ran.verdict === 'held')
    }
    case 'seeds':
      return codeOf(await runSeeds(options, output))
    case 'exhaust':
      return codeOf(await runSequences(options, output))
  }
}

type Thrown = { readonly code?: unknown; readonly message?: unknown }

/** Runs the tool; answers its exit code. */
export const main = async (argv: readonly string[], output: Output = streams()): Promise<number> => {
  try {
    return await run(argv, output)
  } catch (thrown) {
    const { code, message } = thrown as Thrown
    const isUsage = code === 'USAGE' || String(code).startsWith('ERR_PARSE_ARGS')
    output.error(isUsage ? `${String(message)}\n\n${help}` : String(message))
    return isUsage ? exitCodes.usage : exitCodes.impossible
  }
}
