import { readdir, realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { directoryContent } from '@varve/store-level'
import { refsIn } from './read-image.js'
import { programProblem } from './sources.js'
import { imageRef } from './write-image.js'

export const help = `npm run example build-image -- --out DIR [--from DIR] [--node-exe FILE] [--json]

Builds a Windows image from nothing: a base layer, a layer of real files, a layer that deletes and moves; writes it as an
OCI image layout; unpacks that into a fresh store, twice at the same time, and compares what went in with what comes out.

  --out DIR        the image layout, called ${imageRef} in its index. It may be one that an earlier run made; blobs that the
                   new image has no use for stay (umoci gc --layout DIR removes them)
  --from DIR       the directory whose files go into the second layer (default: this repository's packages without
                   their node_modules)
  --node-exe FILE  a node.exe for Windows to put there, too; a container then runs it
  --json           one JSON object a line

Every entry of every layer has one time: that in SOURCE_DATE_EPOCH (seconds since 1970), or the newest of the files. The same
files give the same image, by its digest.

Exit codes: 0 the image is written and reads back equal, 1 something differed or failed, 2 wrong usage,
3 another run is writing to DIR.`

/** What the example was asked for. */
export type Asked = {
  readonly out: string
  /** Absent: this repository's own packages. */
  readonly from?: string
  readonly nodeExe?: string
  /** Seconds since 1970. */
  readonly epoch?: number
  readonly json: boolean
}

/** What was wrong with what was asked, or `''` where help was. */
export type Wrong = { readonly wrong: string }

/** What an unfinished or finished layout holds; anything else is somebody's own. */
const ownNames = new Set(['blobs', 'index.json', 'ingest', 'labels', 'oci-layout'])

const outProblem = async (out: string): Promise<string | undefined> => {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const foreign = names.find((name) => !ownNames.has(name))
  if (foreign !== undefined)
    return `--out ${out} holds ${foreign}, which belongs to no image layout: name another directory`
  const refs = await refsIn(directoryContent(out))
  return refs.every((ref) => ref === imageRef)
    ? undefined
    : `--out ${out} holds other images (${refs.join(', ')}): name another directory`
}

const options = {
  out: { type: 'string' },
  from: { type: 'string' },
  'node-exe': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

const epochOf = (text: string | undefined): number | undefined | Wrong => {
  if (text === undefined || text === '') return undefined
  // Years beyond 9999 have no RFC 3339 text.
  return /^\d{1,12}$/.test(text) && Number(text) < 253_402_300_800
    ? Number(text)
    : { wrong: `SOURCE_DATE_EPOCH must be whole seconds since 1970, in the year 9999 at most; found ${text}` }
}

/** Reads the command line and SOURCE_DATE_EPOCH and looks at what they name. */
export const readArguments = async (argv: readonly string[], epochText: string | undefined): Promise<Asked | Wrong> => {
  try {
    const { values } = parseArgs({ args: [...argv], options })
    if (values.help === true) return { wrong: '' }
    if (values.out === undefined || values.out === '') return { wrong: '--out DIR is missing: where the image goes' }
    const epoch = epochOf(epochText)
    if (typeof epoch === 'object') return epoch
    const out = resolve(values.out)
    const from = values.from === undefined ? undefined : resolve(values.from)
    if (from !== undefined && !(await stat(from)).isDirectory()) return { wrong: `--from ${from} is not a directory` }
    const nodeExe = values['node-exe'] === undefined ? undefined : resolve(values['node-exe'])
    const problem = nodeExe === undefined ? undefined : await programProblem(nodeExe)
    if (problem !== undefined) return { wrong: `--node-exe ${nodeExe ?? ''} is no Windows program: it ${problem}` }
    const taken = await outProblem(out)
    if (taken !== undefined) return { wrong: taken }
    return {
      out,
      ...(from === undefined ? {} : { from: await realpath(from) }),
      ...(nodeExe === undefined ? {} : { nodeExe }),
      ...(epoch === undefined ? {} : { epoch }),
      json: values.json === true,
    }
  } catch (error) {
    return { wrong: (error as Error).message }
  }
}

/** This repository. */
export const repository = fileURLToPath(new URL('../../..', import.meta.url))
