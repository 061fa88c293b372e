/** Where the tool writes to. */
export type Output = {
  readonly out: (line: string) => void
  readonly error: (line: string) => void
  /** Shows how far it is, in place of what was shown before. */
  readonly progress: (line: string) => void
  /** Makes a word stand out. */
  readonly bad: (word: string) => string
}

const clear = '\r\u001B[K'

/** Progress is shown on a terminal only, colours where NO_COLOR is not set. */
export const streams = (): Output => {
  const { stdout, stderr } = process
  const show = stderr.isTTY ? (text: string) => void stderr.write(text) : () => undefined
  const hasColours = stdout.isTTY && (process.env['NO_COLOR'] ?? '') === ''
  return {
    out: (line) => {
      show(clear)
      stdout.write(`${line}\n`)
    },
    error: (line) => {
      show(clear)
      stderr.write(`${line}\n`)
    },
    progress: (line) => show(clear + line),
    bad: (word) => (hasColours ? `\u001B[31m${word}\u001B[39m` : word),
  }
}
