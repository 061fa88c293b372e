import type { World } from './world.js'

/** Says whose layers a root holds. */
export const ownerFile = 'varve.json'

/** The UUID of the log that the root was taken for; undefined where nothing says it. */
export const ownerOf = ({ disk }: World): string | undefined => {
  const stat = disk.lstat(ownerFile)
  if (stat?.type !== 'file') return undefined
  try {
    const found: unknown = JSON.parse(new TextDecoder().decode(disk.read(ownerFile, 0, stat.size)))
    return typeof found === 'object' && found !== null && 'log' in found && typeof found.log === 'string'
      ? found.log
      : undefined
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

export const ownerBytes = (log: string): Uint8Array => new TextEncoder().encode(`${JSON.stringify({ log })}\n`)
