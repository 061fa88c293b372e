// @ts-check
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup.mjs'

/** The programs in examples/: name and the first line of the doc comment. */
export const examples = () =>
  readdirSync(join(root, 'examples'))
    .filter((name) => existsSync(join(root, 'examples', name, 'main.ts')))
    .map((name) => {
      const source = readFileSync(join(root, 'examples', name, 'main.ts'), 'utf8')
      return { name, about: /\/\*\*[\s*]*([^\n]*?)\s*(?:\*\/|\n)/.exec(source)?.[1] ?? '' }
    })
