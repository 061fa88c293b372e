// @ts-check
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../setup.mjs'
import { treeOf } from './fixture.mjs'

/** Takes a second for a run, which it begins and ends in a file; the fragile one is put off by a run that did not end. */
const PROGRAM = `
  import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
  const data = process.argv[process.argv.indexOf('--data') + 1]
  const log = data + '/log'
  mkdirSync(data, { recursive: true })
  const text = existsSync(log) ? readFileSync(log, 'utf8') : ''
  const cut = text.endsWith('begin ')
  if (cut) console.log('an earlier run did not end')
  if (cut && process.argv.includes('--fragile')) process.exit(9)
  appendFileSync(log, 'begin ')
  await new Promise((resolve) => setTimeout(resolve, 600))
  appendFileSync(log, 'end ')
`

/**
 * @param {string[]} args
 * @returns {Promise<{ code: number | null, output: string }>}
 */
const killStart = (args) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'scripts/kill-start.mjs'), ...args])
    /** @type {Buffer[]} */
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
    child.on('close', (code) => resolve({ code, output: stripVTControlCharacters(Buffer.concat(output).toString()) }))
  })

const posix = process.platform === 'win32' ? test.skip : test
const program = () => `${process.execPath} ${join(treeOf({ 'program.mjs': PROGRAM }), 'program.mjs')}`

/** @param {string} output */
const moments = (output) => [...output.matchAll(/killed after (\d+) ms/g)].map((match) => Number(match[1]))

posix('a program that recovers passes; the moments are spread and told', async () => {
  const { code, output } = await killStart(['--times', '4', '--seed', '7', '--command', program()])
  assert.is(code, 0, output)
  assert.match(output, 'seed 7')
  assert.ok(moments(output).length >= 2, output)
  assert.match(output, 'an earlier run did not end')
})

posix('a program that does not recover fails, with what it said', async () => {
  const { code, output } = await killStart(['--times', '4', '--seed', '7', '--command', `${program()} --fragile`])
  assert.is(code, 1, output)
  assert.match(output, /the run after kill \d ended with 9/)
})

posix('npm start recovers from kill -9 at any moment', async () => {
  const { code, output } = await killStart(['--times', '5'])
  assert.is(code, 0, output)
  console.log(output.split('\n')[0])
})

test.run()
