import type { BackupContext, Handle, Native } from '../native/native.js'

/** What a backup is written to. It owns its handle. */
export type BackupOutput = {
  readonly write: (bytes: Uint8Array) => void
  /** Writes what is left and closes the handle, also when that fails. */
  readonly end: () => void
  /** Closes the handle. Does nothing after `end`. */
  readonly drop: () => void
}

type Raw = { readonly write: (bytes: Uint8Array) => void; readonly close: () => void }

/** Bytes that one call writes at least, but for the last. */
export const outputLength = 65_536

const buffered = (raw: Raw, buffer: Uint8Array): BackupOutput => {
  let length = 0
  let isOpen = true
  const flush = (): void => {
    const held = buffer.subarray(0, length)
    length = 0
    if (held.length > 0) raw.write(held)
  }
  const drop = (): void => {
    if (!isOpen) return
    isOpen = false
    raw.close()
  }
  return {
    write: (bytes) => {
      if (length + bytes.length > buffer.length) flush()
      if (bytes.length >= buffer.length) return raw.write(bytes)
      buffer.set(bytes, length)
      length += bytes.length
    },
    end: () => {
      try {
        flush()
      } finally {
        drop()
      }
    },
    drop,
  }
}

/** Restores what a handle is of. `buffer` is used by it alone as long as it is open. */
export const restoreOutput = (
  native: Native,
  handle: Handle,
  withSecurity: boolean,
  buffer: Uint8Array,
): BackupOutput => {
  const context: BackupContext = { pointer: null }
  return buffered(
    {
      write: (bytes) => native.BackupWrite(handle, bytes, withSecurity, context),
      close: () => {
        try {
          if (context.pointer !== null) native.ReleaseBackupWrite(handle, context)
        } finally {
          native.CloseHandle(handle)
        }
      },
    },
    buffer,
  )
}

/** Writes the bytes as they are. */
export const plainOutput = (native: Native, handle: Handle, buffer: Uint8Array): BackupOutput =>
  buffered({ write: (bytes) => native.WriteFile(handle, bytes), close: () => native.CloseHandle(handle) }, buffer)

/** The same bytes to several outputs. */
export const both = (first: BackupOutput, second: BackupOutput): BackupOutput => {
  const inTurn = (one: () => void, other: () => void): void => {
    try {
      one()
    } finally {
      other()
    }
  }
  return {
    write: (bytes) => {
      first.write(bytes)
      second.write(bytes)
    },
    end: () => {
      try {
        first.end()
        second.end()
      } finally {
        second.drop()
      }
    },
    drop: () => inTurn(first.drop, second.drop),
  }
}

/** The output, with what `fill` writes to it; closed when that fails. */
export const filled = (output: BackupOutput, fill: () => void): BackupOutput => {
  try {
    fill()
    return output
  } catch (cause) {
    output.drop()
    throw cause
  }
}
