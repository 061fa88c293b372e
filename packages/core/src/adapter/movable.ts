/** Bytes in a chunk that crosses between two threads. */
export const chunkLength = 256 * 1024
/** Such chunks on their way in one direction of one call. */
export const chunksInFlight = 8

/**
 * Arguments as they can be posted to another thread, and the buffers to move with them: bytes are copied first, as a view would
 * bring its whole buffer along and its owner would lose it.
 */
export const movable = (
  args: readonly unknown[],
): { readonly args: readonly unknown[]; readonly moved: ArrayBuffer[] } => {
  const moved: ArrayBuffer[] = []
  const copied = args.map((value) => {
    if (!(value instanceof Uint8Array)) return value
    const bytes = new Uint8Array(value)
    moved.push(bytes.buffer)
    return bytes
  })
  return { args: copied, moved }
}
