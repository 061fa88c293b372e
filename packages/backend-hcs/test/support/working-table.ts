import { fakeTable, put32, put64, putText, type Fake } from './fake-table.js'

/** A table that a whole run of every function succeeds over, with what it gave out counted. */
export type Working = Fake & {
  /** Addresses that were given out, in order. */
  readonly owned: readonly bigint[]
  /** Handles and hives that were given out and not closed. */
  readonly open: ReadonlySet<bigint>
}

export const workingTable = (): Working => {
  const owned: bigint[] = []
  const open = new Set<bigint>()
  const give = (out: unknown): number => {
    const handle = 0x100n + BigInt(open.size)
    open.add(handle)
    put64(out, handle)
    return 0
  }
  const own = (out: unknown, text: string): void => {
    const address = fake.place(text)
    owned.push(address)
    put64(out, address)
  }
  const close = (handle: unknown, result: number): number => {
    open.delete(handle as bigint)
    return result
  }
  const all = (...[, , length, done]: readonly unknown[]): number => {
    put32(done, Number(length))
    return 1
  }
  const fake = fakeTable({
    GetLastError: () => 0,
    GetLayerMountPath: (_info, _path, units, buffer) => {
      put64(units, 12n)
      putText(buffer, '\\\\?\\Volume')
      return 0
    },
    GetBaseImages: (out) => {
      own(out, '[]')
      return 0
    },
    HcsGetLayerVhdMountPath: (_disk, out) => {
      own(out, '\\\\?\\Volume{x}')
      return 0
    },
    ConvertStringSecurityDescriptorToSecurityDescriptorW: (_sddl, _revision, out, length) => {
      own(out, 'descriptor')
      put32(length, 10)
      return 1
    },
    OpenVirtualDisk: (_type, _path, _access, _flags, _parameters, out) => give(out),
    OpenProcessToken: (_process, _access, out) => {
      give(out)
      return 1
    },
    NtCreateFile: (out) => give(out),
    ORCreateHive: (out) => give(out),
    ORCloseHive: (hive) => close(hive, 0),
    CloseHandle: (handle) => close(handle, 1),
    BackupRead: all,
    BackupWrite: all,
    ReadFile: all,
    WriteFile: all,
  })
  return { ...fake, owned, open }
}
