import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { backendOver } from '../src/hcs-backend.js'
import { diskCodes } from '../src/native/disk-codes.js'
import { hcsCodes } from '../src/native/hcs-codes.js'
import { win32Codes } from '../src/native/win32-codes.js'
import { fill, intents, execute, openFor, perform, shownIn } from './support/acts.js'
import { openPlan } from './support/plan.js'
import { checkLeaks, freshRoot } from './support/subjects.js'
import { standinSuite } from './support/suites.js'

/** Every code that has a name, as an HRESULT. */
const known: readonly number[] = [
  ...Object.keys(win32Codes).map((code) => (0x8007_0000 | Number(code)) >>> 0),
  ...Object.keys(hcsCodes).map((code) => (0xc037_0100 | Number(code)) >>> 0),
  ...Object.keys(diskCodes).map(Number),
]

/** What an attach calls of Windows, and what answers HRESULTs of its detach. */
const called = ['ActivateLayer', 'PrepareLayer', 'GetLayerMountPath', 'BfSetupFilter'] as const
const calledLater = ['BfRemoveMapping', 'UnprepareLayer', 'DeactivateLayer'] as const

/** Codes that say there was nothing to take down: what answers them falsely is believed. */
const nothingToDo = [2, 3, 21, 55, 87, 1168].map((code) => 0x8007_0000 + code).concat(0x801f_0015)

const test = await standinSuite('known codes', (it, native) => {
  const plan = openPlan()
  const content = { both: 'of the child' }

  it('each known code fails an attach or a detach as what it is, and the next one comes right', async () => {
    const backend = backendOver({ root: freshRoot() }, native)
    await openFor(backend)
    await perform(backend, intents.create(1))
    await fill(backend, 1, [], { lower: 'of the base' })
    await perform(backend, intents.seal(1))
    await perform(backend, intents.create(2, [1]))
    await fill(backend, 2, [1], content)
    const expected = { ...content, lower: 'of the base' }
    const failsWith = async (code: number, name: string, intent: ReturnType<typeof intents.attach>): Promise<void> => {
      plan.fail(0, code, name)
      const outcome = await execute(backend, intent)
      const what = `0x${code.toString(16)} at ${name}`
      assert.is(plan.disarm().hit, name, what)
      if (E.isLeft(outcome)) assert.is(outcome.left._tag === 'BackendFault' && outcome.left.code, code, what)
      checkLeaks(what)
    }
    for (const [at, code] of known.entries()) {
      await failsWith(code, called[at % called.length] ?? 'ActivateLayer', intents.attach(2, [1]))
      await perform(backend, intents.attach(2, [1]))
      const shown = await shownIn(backend, 2, [1])
      assert.equal({ both: shown['both'], lower: shown['lower'] }, expected)
      if (!nothingToDo.includes(code))
        await failsWith(code, calledLater[at % calledLater.length] ?? 'UnprepareLayer', intents.detach(2, [1]))
      await perform(backend, intents.detach(2, [1]))
    }
    await backend.close()()
    assert.ok(known.length >= 40, `${known.length} codes`)
  })
})

test.run()
