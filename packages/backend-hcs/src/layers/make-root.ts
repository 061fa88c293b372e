import { metadataStreams } from '../formats/backup-builder.js'
import { filled, outputLength, restoreOutput } from '../transport/backup-output.js'
import { createToRestore, removeTree } from '../transport/below.js'
import { lastOf, parentOf } from '../transport/items.js'
import { withRoot } from './root.js'
import type { World } from './world.js'

/**
 * `O:BAG:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)`, what containerd gives its root too: below a folder of a volume's top everybody
 * may write otherwise, and lead what runs elevated elsewhere.
 */
const forAdministrators = Uint8Array.from(
  Buffer.from(
    `0100049014000000240000000000000034000000${'01020000000000052000000020020000'.repeat(2)}0200340002000000` +
      '00031800ff011f0001020000000000052000000020020000' +
      '00031400ff011f00010100000000000512000000',
    'hex',
  ),
)

const folderAbove = (path: string): string => {
  const above = parentOf(path)
  return above.endsWith(':') ? `${above}\\` : above
}

/** Makes the root, if it is missing, for administrators and the system alone: what is there under its name is so from the first moment on. */
export const makeRoot = ({ layout: { root }, machine }: World): void => {
  const { native, files } = machine
  if (files.exists(root)) return
  const above = folderAbove(root)
  const part = `${lastOf(root)}.part`
  if (!files.exists(above)) files.makeFolder(above)
  withRoot(machine, above, (folder) => {
    removeTree(folder, part)
    const handle = createToRestore(folder, part, true)
    const output = restoreOutput(native, handle, true, new Uint8Array(outputLength))
    filled(output, () => output.write(metadataStreams({ security: forAdministrators }))).end()
  })
  files.rename(`${root}.part`, root)
}
