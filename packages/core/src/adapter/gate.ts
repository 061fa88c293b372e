/** Where one waits for another. */
export type Gate = { readonly wait: () => Promise<void>; readonly open: () => void }

/** Opening it lets the one through who waits, and nobody later. */
export const gate = (): Gate => {
  let pass: (() => void) | undefined
  return {
    wait: () => new Promise((resolve) => (pass = resolve)),
    open: () => {
      pass?.()
      pass = undefined
    },
  }
}
