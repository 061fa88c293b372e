// @ts-check
/** `npm run example NAME -- ARGS`: one of the programs in examples/; without a name, the list of them. */
import { examples } from './examples.mjs'
import { runMain } from './setup.mjs'

const [name, ...args] = process.argv.slice(2)
const known = examples()
const list = known.map((example) => `  ${example.name.padEnd(20)} ${example.about}`.trimEnd()).join('\n')

if (name === undefined) console.log(`npm run example NAME -- ARGS\n\n${list}`)
else if (known.some((example) => example.name === name)) await runMain(`examples/dist/${name}/main.js`, args)
else {
  console.error(`There is no example called ${name}. These there are:\n\n${list}`)
  process.exitCode = 2
}
