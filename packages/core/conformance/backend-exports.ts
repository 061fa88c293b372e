import type { SnapshotId } from '../src/model/snapshot.js'
import type { Backend } from '../src/runtime/ports.js'
import { equal, ok } from './assert.js'
import {
  attached,
  type BackendCase,
  baseTree,
  fill,
  intents,
  neverAborted,
  onBase,
  perform,
  reopened,
  seenThroughView,
} from './backend-rig.js'
import { childTree, makeChild } from './backend-scenarios.js'
import {
  baseSample,
  childSample,
  contentsIn,
  exported,
  isEmpty,
  says,
  sealApplied,
  tarOfSample,
  unpacked,
  unpackLayer,
} from './backend-tars.js'
import { collected, noise, sameBytes } from './bytes.js'
import { sameTree, type Tree } from './content.js'
import { contentsOf } from './layer-tars.js'
import type { PromiseFiles } from './subject.js'

const onBaseLayer = { parents: [1] }

/** Everything a layer can have, made through its files. */
const fillBase = async (files: PromiseFiles): Promise<void> => {
  await files.write('a/file', 'f')
  await files.write('a/inner/deep', 'd')
  await files.write('b', '')
  await files.link('a/file', 'second')
  await files.symlink('file', 'a/link')
}

const filledTree: Tree = {
  a: 'directory',
  'a/file': 'file f',
  'a/inner': 'directory',
  'a/inner/deep': 'file d',
  'a/link': 'symlink file',
  b: 'file ',
  second: 'file f',
}

const base = onBase('the tar of a base layer is all that it holds', async (backend) => {
  await perform(backend, intents.create(2))
  await fill(backend, 2, {}, fillBase)
  const saysAll = async (state: string): Promise<void> => {
    const { tree, links } = await contentsIn(backend, 2)
    sameTree(`the tar ${state}`, tree, filledTree)
    equal(
      `hard links ${state}`,
      links.map((names) => [...names].sort()),
      [['a/file', 'second']],
    )
  }
  await saysAll('before it is sealed')
  await perform(backend, intents.seal(2))
  await saysAll('once it is sealed')
})

const changedTree: Tree = {
  added: 'directory',
  'added/deep': 'directory',
  'added/deep/file': 'file a',
  both: 'file changed',
  folder: 'whiteout',
  kept: 'whiteout',
  lower: 'whiteout',
  moved: 'directory',
  'moved/deep': 'file of the base',
  moved2: 'file of the base',
  second: 'file a',
  link: 'symlink both',
}

const child = onBase('the tar of a layer with a parent is what it changed', async (backend) => {
  await perform(backend, intents.create(2, onBaseLayer))
  await fill(backend, 2, onBaseLayer, async (files) => {
    await files.write('added/deep/file', 'a')
    await files.write('both', 'changed')
    await files.link('added/deep/file', 'second')
    await files.symlink('both', 'link')
    await files.remove('lower')
    await files.rename('folder', 'moved')
    await files.rename('kept', 'moved2')
  })
  await says('the tar before it is sealed', backend, 2, [1], changedTree)
  await perform(backend, intents.seal(2, onBaseLayer))
  await says('the tar', backend, 2, [1], changedTree)
})

const within = onBase('the tar names the folder of what was deleted in it', async (backend) => {
  await perform(backend, intents.create(2, onBaseLayer))
  await fill(backend, 2, onBaseLayer, (files) => files.remove('folder/deep'))
  await perform(backend, intents.seal(2, onBaseLayer))
  await says('the tar', backend, 2, [1], { folder: 'directory', 'folder/deep': 'whiteout' })
})

const several = onBase('the tar of a layer on two has nothing of theirs', async (backend) => {
  await makeChild(backend, 2)
  await perform(backend, intents.seal(2, onBaseLayer))
  const parents = [2, 1]
  await perform(backend, intents.create(3, { parents }))
  await fill(backend, 3, { parents }, async (files) => {
    await files.write('moved/deep', 'changed')
    await files.remove('upper/file')
  })
  await perform(backend, intents.seal(3, { parents }))
  const own = { moved: 'directory', 'moved/deep': 'file changed', upper: 'directory', 'upper/file': 'whiteout' }
  await says('the tar', backend, 3, parents, own)
})

const gained = onBase('the tar of a layer that gained a parent is its own', async (backend) => {
  await perform(backend, intents.create(2))
  await fill(backend, 2, {}, fillBase)
  await perform(backend, intents.seal(2, { ...onBaseLayer, madeParentless: true }))
  await says('the tar', backend, 2, [1], filledTree)
})

const empty = onBase('the tar of a layer that holds nothing', async (backend) => {
  await perform(backend, intents.create(2))
  await perform(backend, intents.create(3, onBaseLayer))
  await perform(backend, intents.create(4, { ...onBaseLayer, kind: 'View' }))
  for (const [layer, parents] of [
    [2, []],
    [3, [1]],
    [4, [1]],
  ] as const)
    await says(`the tar of layer ${layer}`, backend, layer, parents, {})
  await unpackLayer(backend, 5, [])
  await unpackLayer(backend, 6, [1])
  await isEmpty(backend, 5, [])
  await isEmpty(backend, 6, [1])
  await perform(backend, intents.seal(2))
  await perform(backend, intents.seal(3, onBaseLayer))
  await says('the tar of sealed layer 2', backend, 2, [], {})
  await says('the tar of sealed layer 3', backend, 3, [1], {})
})

/** Makes layer 2 on the base layer, and layer 3 of a tar on it. */
const makeBoth = async (backend: Backend): Promise<void> => {
  await makeChild(backend, 2)
  await perform(backend, intents.seal(2, onBaseLayer))
  await unpacked(backend, 3, [1], tarOfSample(childSample))
  await sealApplied(backend, 3, [1])
}

const layers: readonly (readonly [layer: SnapshotId, parents: readonly SnapshotId[]])[] = [
  [1, []],
  [2, [1]],
  [3, [1]],
]

const always = onBase('a tar has the same bytes each time, after a crash too', async (first, subject) => {
  await makeBoth(first)
  const tars: Uint8Array[] = []
  for (const [layer, parents] of layers) tars.push(await exported(first, layer, parents))
  const { backend } = await reopened(subject)
  for (const [at, [layer, parents]] of layers.entries())
    sameBytes(`the tar of layer ${layer}`, await exported(backend, layer, parents), tars[at] ?? new Uint8Array())
})

const epoch = onBase('with an epoch every time is that one', async (backend) => {
  await makeBoth(backend)
  const one = 1_500_000_000n * 1_000_000_000n
  for (const [layer, parents] of layers) {
    const below = parents.length === 0 ? undefined : baseTree
    const { times } = contentsOf(await exported(backend, layer, parents, { epoch: one }), below)
    ok('there are times', times.length >= 8, times.length)
    equal(`other times in layer ${layer}`, [...new Set(times)], [one])
  }
})

const again = onBase('a tar that came out goes in and comes out again', async (backend) => {
  await makeBoth(backend)
  await perform(backend, intents.create(4))
  await fill(backend, 4, {}, fillBase)
  await perform(backend, intents.seal(4))
  await unpacked(backend, 5, [], tarOfSample(baseSample))
  for (const [layer, parents] of [...layers, [4, []], [5, []]] as const) {
    const copy = layer + 10
    const { tree, attributes } = await contentsIn(backend, layer, parents)
    await unpacked(backend, copy, parents, await exported(backend, layer, parents))
    const found = await contentsIn(backend, copy, parents)
    sameTree(`the tar of a copy of layer ${layer}`, found.tree, tree)
    equal(`attributes in a copy of layer ${layer}`, found.attributes, attributes)
    await sealApplied(backend, copy, parents)
  }
  sameTree('a view of a copy', await seenThroughView(backend, [12, 1]), childTree)
  sameTree('a view of a copy of the base layer', await seenThroughView(backend, [11]), baseTree)
  sameTree('a view of a copy of links', await seenThroughView(backend, [14]), filledTree)
})

const large = { path: 'large', bytes: noise(3_000_000) }

const leaving = onBase('leaving a tar early ends it', async (backend) => {
  await perform(backend, intents.create(2, onBaseLayer))
  await fill(backend, 2, onBaseLayer, (files) => files.write(large.path, large.bytes))
  const whole = await exported(backend, 2, [1])
  for (let chunks = 0; chunks < 3; chunks++) {
    let left = chunks
    const stream = backend.exportLayer({ id: 2, parents: [1] }, { signal: neverAborted, progress: () => undefined })
    for await (const chunk of stream) {
      equal('a chunk', chunk._tag, 'Right')
      if (left-- === 0) break
    }
    await fill(backend, 2, onBaseLayer, async (files) =>
      sameBytes('the file', await files.read(large.path), large.bytes),
    )
    sameBytes('the tar', await exported(backend, 2, [1]), whole)
  }
  await perform(backend, intents.seal(2, onBaseLayer))
  await perform(backend, intents.retire(2))
  await perform(backend, intents.destroy(2))
})

/** An export that must end in a BackendFault before it has given anything. */
const refusesExport = async (
  what: string,
  backend: Backend,
  id: SnapshotId,
  parents: readonly SnapshotId[],
  signal = neverAborted,
): Promise<void> => {
  const { bytes, left } = await collected(backend.exportLayer({ id, parents }, { signal, progress: () => undefined }))
  equal(`${what}: bytes, tag`, [bytes.length, left?._tag], [0, 'BackendFault'])
}

const refusals = onBase('a layer that is attached has no tar', async (backend) => {
  await makeChild(backend, 2)
  await attached(backend, 2, onBaseLayer, () => refusesExport('an attached layer', backend, 2, [1]))
  await perform(backend, intents.create(3))
  await attached(backend, 3, {}, () => refusesExport('an attached parentless layer', backend, 3, []))
  await refusesExport('a layer that was never made', backend, 77, [])
  await perform(backend, intents.detach(2, onBaseLayer))
  const whole = await exported(backend, 2, [1])
  await refusesExport('a signal that fired before', backend, 2, [1], AbortSignal.abort())
  sameBytes('the tar', await exported(backend, 2, [1]), whole)
  await perform(backend, intents.detach(3))
  await says('the tar of the parentless layer', backend, 3, [], {})
})

/** What every Backend must do when a layer goes out as a tar. */
export const exportCases: readonly BackendCase[] = [
  base,
  child,
  within,
  several,
  gained,
  empty,
  always,
  epoch,
  again,
  leaving,
  refusals,
]
