import { functionNames, conventionOf, type FunctionName } from '../../src/bindings/index.js'
import type { RawFunction, RawResult, Table } from '../../src/native/table.js'

export type Call = { readonly name: string; readonly values: readonly unknown[] }

/** A table without a DLL behind it. What is not overridden succeeds and does nothing. */
export type Fake = {
  readonly table: Table
  readonly calls: Call[]
  /** Puts text where `textAt` finds it; answers its address. */
  readonly place: (text: string) => bigint
  /** Addresses that were freed, in order. */
  readonly freed: bigint[]
}

type Overrides = Readonly<Partial<Record<FunctionName, RawFunction>>>

const success = (name: FunctionName): RawResult => {
  const convention = conventionOf(name)
  if (convention === 'handle') return 0x40n
  return convention === 'bool' || convention === 'length' ? 1 : 0
}

export const fakeTable = (overrides: Overrides = {}): Fake => {
  const calls: Call[] = []
  const freed: bigint[] = []
  const memory = new Map<bigint, string>()
  const noted = (name: FunctionName): readonly [FunctionName, RawFunction] => [
    name,
    (...values) => {
      calls.push({ name, values })
      if (name === 'LocalFree' || name === 'CoTaskMemFree') freed.push(values[0] as bigint)
      return (overrides[name] ?? (() => success(name)))(...values)
    },
  ]
  const functions = Object.fromEntries(functionNames.map(noted)) as Record<FunctionName, RawFunction>
  const textAt = (address: bigint): string => {
    const text = memory.get(address)
    if (text === undefined || freed.includes(address)) throw new Error(`nothing is at ${address}`)
    return text
  }
  return {
    calls,
    freed,
    place: (text) => {
      const address = 0x1000n + BigInt(memory.size)
      memory.set(address, text)
      return address
    },
    table: {
      ...functions,
      textAt,
      bytesAt: (address, length) => Uint8Array.from(Buffer.from(textAt(address)).subarray(0, length)),
    },
  }
}

/** Writes a number of 64 bits where a function was told to. */
export const put64 = (cell: unknown, value: bigint): void => {
  if (cell instanceof Uint8Array) Buffer.from(cell.buffer, cell.byteOffset).writeBigUInt64LE(value)
}
export const put32 = (cell: unknown, value: number): void => {
  if (cell instanceof Uint8Array) Buffer.from(cell.buffer, cell.byteOffset).writeUInt32LE(value)
}
export const get64 = (cell: unknown): bigint =>
  cell instanceof Uint8Array ? Buffer.from(cell.buffer, cell.byteOffset).readBigUInt64LE() : -1n
/** Writes text with its NUL; answers whether there was room. */
export const putText = (buffer: unknown, text: string): boolean => {
  const bytes = Buffer.from(`${text}\0`, 'utf16le')
  if (!(buffer instanceof Uint8Array) || buffer.length < bytes.length) return false
  buffer.set(bytes)
  return true
}
