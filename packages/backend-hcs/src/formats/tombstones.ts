/** Where a transport folder has the paths that its layer deletes. */
export const tombstonesName = 'tombstones.txt'

const firstLine = '\ufeffVersion 1.0'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** The paths, below `Files`, without `\` in front; undefined where the file is not of that form. */
export const parseTombstones = (bytes: Uint8Array): readonly string[] | undefined => {
  const text = textOf(bytes)
  if (text === undefined) return undefined
  const [first, ...lines] = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  if (lines.at(-1) === '') lines.pop()
  if (first !== firstLine || lines.some((line) => !/^\\[^\\]/.test(line))) return undefined
  return lines.map((line) => line.slice(1))
}
