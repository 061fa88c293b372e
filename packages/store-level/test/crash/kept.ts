import { createHash } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bytesOf, type Line } from './calls.js'
import type { Found, Model } from './expected.js'

const [expectedName, foundName] = ['expected.json', 'found.json'] as const

/** What the killed process of the last round told: `told.ndjson`. The states of the round before go. */
export const keepTold = (directory: string, lines: readonly Line[]): void => {
  for (const name of [expectedName, foundName]) rmSync(join(directory, name), { force: true })
  writeFileSync(join(directory, 'told.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

const described = (bytes: Buffer): string =>
  `${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}`

const write = <T>(
  directory: string,
  name: string,
  all: ReadonlyMap<string, { readonly files: ReadonlyMap<string, T> }>,
  shown: (content: T) => string,
): void => {
  const entries = [...all].map(([key, one]) => {
    const files = [...one.files].map(([path, content]) => [path, shown(content)])
    return [key, { ...one, files: Object.fromEntries(files) }]
  })
  writeFileSync(join(directory, name), `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`)
}

/** The snapshots as they had to be, with what unanswered calls have done, and as they were: `expected.json` and `found.json`. */
export const keepStates = (directory: string, expected: Model, found: ReadonlyMap<string, Found>): void => {
  write(directory, expectedName, expected, (content) => `${content.tag}: ${described(bytesOf(content))}`)
  write(directory, foundName, found, described)
}
