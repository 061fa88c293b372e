import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { alphabet, beginnings } from '../src/exhaust/alphabet.js'
import { exhaust } from '../src/exhaust/exhaust.js'
import { explorer, type Explored, type Path } from '../src/exhaust/explore.js'
import { simulatedDisk } from '../src/simulate/disk.js'
import type { Machine } from '../src/simulate/machine.js'
import type { Directory } from '../src/memory/nodes.js'
import { simulate } from '../src/simulate/simulate.js'

test('every sequence of one letter, every crash and every loss of power in it: nothing is broken', async () => {
  const reached = new Map<string, Path[]>()
  const explore = explorer()
  const found = await exhaust({
    length: 1,
    explorers: [
      async (path) => {
        const explored = await explore(path)
        if (explored.reached !== undefined) reached.set(explored.reached.state, [explored.reached.path])
        return explored
      },
    ],
  })
  console.log(
    `  ${found.states} states, ${found.crashStates} after a crash, ${found.losses} ways to lose power, ${found.runs} runs`,
  )
  assert.equal(found.violations, [])
  assert.is(found.sequences, beginnings.length * (1 + alphabet.length))
  assert.ok(found.states >= 30, `${found.states} states`)
  assert.ok(found.crashStates >= 400, `${found.crashStates} states after a crash`)
})

/** What follows a path, found by an explorer that knows nothing yet. */
const after = async (path: Path, letter: (typeof alphabet)[number]): Promise<readonly string[]> => {
  const { crashes, reached }: Explored = await explorer()({ ...path, actions: [...path.actions, ...letter] })
  return [reached?.state ?? 'none', ...crashes.map(({ state }) => state).sort()]
}

test('equal states are equal in all that follows', async () => {
  const paths = new Map<string, Path[]>()
  await exhaust({
    length: 1,
    letters: alphabet.slice(0, 6),
    explorers: [
      async (path) => {
        const explored = await explorer()(path)
        const { state, path: there } = explored.reached ?? { state: '', path }
        paths.set(state, [...(paths.get(state) ?? []), there])
        return explored
      },
    ],
  })
  const several = [...paths.values()].filter(({ length }) => length > 1).slice(0, 6)
  assert.is(several.length, 6)
  for (const [one, ...others] of several) {
    const other = others.at(-1)
    if (one === undefined || other === undefined) continue
    for (const letter of alphabet) assert.equal(await after(one, letter), await after(other, letter))
  }
})

/** A disk that forgets every third sync. */
const forgetful = ({ disk: { disk } }: Machine): void => {
  const { sync } = disk
  let syncs = 0
  Object.assign(disk, {
    sync: () => {
      if (++syncs % 3 > 0) sync()
    },
  })
}

test('what a disk that forgets a sync loses is found, and the case fails again', async () => {
  const { violations } = await exhaust({ length: 0, explorers: [explorer({ onMachine: forgetful })] })
  const [first] = violations
  assert.ok(first !== undefined, 'nothing was found')
  assert.ok(first.case.faults.some(({ fault }) => fault === 'powerLoss'))
  assert.is((await simulate({ case: first.case })).verdict, 'held', 'on a disk that forgets nothing')
})

const listed = (
  directory: Directory,
  names: (one: Directory) => Iterable<readonly [string, unknown]>,
  at = '',
): string[] =>
  [...names(directory)].flatMap(([name, node]) => {
    const one = node as Directory
    return [`${at}/${name}`, ...(one.type === 'directory' ? listed(one, names, `${at}/${name}`) : [])]
  })

test('what a loss of power would leave is what it leaves', () => {
  const changed = () => {
    const machine = simulatedDisk(() => 0n)
    const { disk } = machine
    disk.mkdir('a')
    disk.write('a/f', Uint8Array.of(1, 2))
    disk.write('a/g', Uint8Array.of(3, 4))
    disk.sync()
    disk.write('a/f', Uint8Array.of(5, 6, 7))
    disk.mkdir('b/c')
    disk.rename('a/g', 'b/c/g')
    disk.unlink('a/f')
    return machine
  }
  const ways = changed().losses()
  assert.ok(ways >= 16)
  for (let detail = 0; detail < ways; detail++) {
    const [seen, lost] = [changed(), changed()]
    const { changes, after: left } = seen.pending()
    const { names } = left(detail % (changes.length + 1))
    lost.losePower(detail)
    assert.equal(listed(seen.root, names).sort(), listed(lost.root, ({ entries }) => entries).sort())
  }
})

test.run()
