import fs from 'node:fs'
import path from 'node:path'
import { nativeOf } from '../../src/native/native-of.js'
import type { Native } from '../../src/native/native.js'
import { loadTable } from '../../src/native/table.js'
import { dllsOf, standin } from './standin.js'
import { filesOf } from './standin-files.js'

const unlessDone = (call: () => void): void => {
  try {
    call()
  } catch {
    // It was not bound, not prepared, not active or not there.
  }
}

/** What is bound or up in a root: nothing of it can be deleted, and what is deleted through a binding is lost elsewhere. */
const takeDown = (root: string, native: Native): void => {
  const namesIn = (folder: string): string[] => {
    const at = path.join(root, folder)
    return fs.existsSync(at) ? fs.readdirSync(at).filter((name) => /^(?:rm-)?\d+$/.test(name)) : []
  }
  for (const name of namesIn('mounts')) unlessDone(() => native.BfRemoveMapping(path.join(root, 'mounts', name)))
  const layers = namesIn('snapshots').map((name) => path.join(root, 'snapshots', name))
  for (const layer of layers) {
    unlessDone(() => native.UnprepareLayer(layer))
    unlessDone(() => native.DeactivateLayer(layer))
  }
  for (const layer of layers.toReversed()) unlessDone(() => native.DestroyLayer(layer))
}

/** Lets a mount folder be deleted: what is deleted through a binding goes where that leads. */
export const unbind = async (folder: string): Promise<void> => {
  if (process.platform !== 'win32') return
  const native = nativeOf(await loadTable({ dlls: dllsOf(standin()) }))
  unlessDone(() => native.BfRemoveMapping(folder))
}

/** Does away with a root and everything in it, attached or not. */
export const dropRoot = async (root: string): Promise<void> => {
  const on = standin()
  if (process.platform === 'win32') takeDown(root, nativeOf(await loadTable({ dlls: dllsOf(on) })))
  filesOf(on).removeTree(root)
}
