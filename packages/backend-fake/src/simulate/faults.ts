import { codes } from '../world/failure.js'

/** Where a fault may strike: a step of the scheduler, a run of an intent, a call that changes the disk, a write of the log. */
export type Place = 'step' | 'intent' | 'call' | 'write'

type Kind = { readonly place: Place; readonly chance: number; readonly is: string }

/** Every kind of fault, where it strikes, and how likely it is there when nobody says otherwise. */
export const faultTable = {
  failBefore: { place: 'intent', chance: 0.02, is: 'an intent fails before it has done anything' },
  failAfter: { place: 'intent', chance: 0.02, is: 'an intent is done and fails nevertheless' },
  partialWork: { place: 'intent', chance: 0.02, is: 'an intent fails half-way and leaves what it has done' },
  slow: { place: 'intent', chance: 0.02, is: 'an intent takes up to a minute' },
  neverAnswers: { place: 'intent', chance: 0.01, is: 'an intent answers only once it is cancelled' },
  accessDenied: { place: 'call', chance: 0.0005, is: 'access denied (5)' },
  sharingViolation: { place: 'call', chance: 0.0005, is: 'sharing violation (32)' },
  alreadyExists: { place: 'call', chance: 0.0005, is: 'already exists (183)' },
  diskFull: { place: 'call', chance: 0.0005, is: 'disk full (112), after half of the bytes' },
  notReady: { place: 'call', chance: 0.0005, is: 'device not ready (21)' },
  notConnected: { place: 'call', chance: 0.0005, is: 'device not connected (1167), for several calls' },
  heldFile: { place: 'call', chance: 0.0005, is: 'a virus scanner holds a file for up to ten seconds' },
  crashInCall: { place: 'call', chance: 0.0002, is: 'the process ends in the middle of a step of an intent' },
  writeFails: { place: 'write', chance: 0.001, is: 'the log can not be written' },
  crash: { place: 'step', chance: 0.0006, is: 'the process ends between two steps' },
  powerLoss: { place: 'step', chance: 0.0006, is: 'the power goes' },
  lostTail: { place: 'step', chance: 0.0001, is: 'the process ends, and the end of the log is lost' },
  bitFlip: { place: 'step', chance: 0.0001, is: 'the process ends, and a bit of a record is another' },
  clockStops: { place: 'step', chance: 0.0003, is: 'the clock stands still' },
  clockBack: { place: 'step', chance: 0.0003, is: 'the clock jumps back by up to an hour' },
  secondProcess: { place: 'step', chance: 0.0003, is: 'a second process opens the log' },
  directoryVanishes: { place: 'step', chance: 0.0002, is: 'the directory of a layer is not there for a while' },
  directoryAppears: { place: 'step', chance: 0.0002, is: 'a directory appears that is no layer of this log' },
} as const satisfies Readonly<Record<string, Kind>>

export type FaultName = keyof typeof faultTable

/** How likely each fault is at each of its places; one that is not named does not happen. */
export type Chances = Readonly<Partial<Record<FaultName, number>>>

export const faultNames = Object.keys(faultTable) as readonly FaultName[]

export const usualChances: Chances = Object.fromEntries(faultNames.map((name) => [name, faultTable[name].chance]))

/** Calls that a fault of the disk strikes. */
export type Call = { readonly name: string; readonly path: string }

const failing = (code: string, message: string): Error => Object.assign(new Error(`${code}: ${message}`), { code })

const writes: ReadonlySet<string> = new Set(['create', 'write', 'append', 'writeSparse', 'clone', 'copyRange', 'mkdir'])
const makes: ReadonlySet<string> = new Set(['create', 'mkdir', 'rename', 'link', 'symlink'])

/** What a host says of a call that a fault strikes; undefined where such a call can't fail so. */
const errors: Readonly<Partial<Record<FaultName, (call: Call) => Error | undefined>>> = {
  accessDenied: ({ path }) => failing('EACCES', `${path} is denied`),
  sharingViolation: ({ path }) => failing('EBUSY', `${path} is in use`),
  heldFile: ({ path }) => failing('EBUSY', `${path} is held by a virus scanner`),
  alreadyExists: ({ name, path }) => (makes.has(name) ? failing('EEXIST', `${path} is there`) : undefined),
  diskFull: ({ name, path }) => (writes.has(name) ? failing('ENOSPC', `no space is left for ${path}`) : undefined),
  notReady: ({ path }) => failing('ENOMEDIUM', `the device of ${path} is not ready`),
  notConnected: ({ path }) => failing('ENODEV', `the device of ${path} is not connected`),
}

export const errorOf = (fault: FaultName, call: Call): Error | undefined => errors[fault]?.(call)

/** HRESULTs that intents end with on demand. */
export const faultCodes = [
  codes.accessDenied,
  codes.sharingViolation,
  codes.alreadyExists,
  codes.diskFull,
  codes.notReady,
  codes.notConnected,
] as const
