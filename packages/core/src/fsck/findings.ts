import type { SnapshotId } from '../model/snapshot.js'

/** `damage`: what the log needs is missing or wrong. `stray`: what nothing needs takes room. */
export type Severity = 'damage' | 'stray'

type Kind = { readonly severity: Severity; readonly means: string; readonly repair: string }

const damage = (means: string, repair: string): Kind => ({ severity: 'damage', means, repair })
const stray = (means: string, repair: string): Kind => ({ severity: 'stray', means, repair })

const cut = 'the log is cut before it; what is cut off is kept beside it, and the loss is recorded'
const givenUp = 'the snapshot and all that stand on it are given up, and what is left of them goes to quarantine'
const rewritten = 'the sidecar is written anew from the record; the one that is there goes to quarantine'
const remade = 'the disk is made anew, as it holds no content; one that is there goes to quarantine'
const aside = 'it goes to quarantine'

/**
 * Everything that can be found, by its code. Codes are for ever. `repair` says what `repair` does about it; a finding may say that
 * nothing can be done.
 */
export const findingKinds = {
  'lost-tail': damage(
    'records that were acknowledged are gone from the end of the log',
    'the loss is recorded, and ids that the lost records may have used are not used again',
  ),
  'broken-chain': damage('the record is not the one that was written: the log was altered from there on', cut),
  'unreadable-record': damage('the record is damaged, and what comes after it can not be trusted', cut),
  'missing-record': damage('records are missing, and those after them can not be trusted', cut),
  'unknown-record': damage('the log was written by another version of the library', 'nothing: use that version'),
  'damaged-head': damage('the store does not know where its log ends', 'the end of the log is noted anew'),
  'damaged-checkpoint': damage(
    'a snapshotter would begin from a state that the log did not lead to',
    'the checkpoint is dropped: the next opening reads the log from its beginning',
  ),
  'damaged-anchor': damage('a loss of records would not be noticed', 'the anchor is made anew'),
  'foreign-anchor': damage(
    'the log can not be opened, and a loss of records would not be noticed',
    'the anchor is made anew',
  ),
  'missing-log': damage(
    'layers are there, and nothing of the log that they belong to',
    'nothing: rescue the layers into an empty log',
  ),
  'missing-owner': damage('any log could take this root', 'the root is claimed for the log again'),
  'damaged-owner': damage('no log can be opened over this root', 'the root is claimed for the log again'),
  'foreign-root': damage('the log can not be opened over this root', 'the root is claimed for the log again'),
  'missing-layer': damage('the content of the snapshot is gone', givenUp),
  'missing-parent': damage('the layer shows nothing without the one below it', givenUp),
  'missing-content': damage('the content of the snapshot is gone', givenUp),
  'retired-layer': damage(
    'the snapshot has a record, and its layer is named for destruction',
    'the layer gets its name back',
  ),
  'half-made-base': damage(
    'no container can start on the layer',
    'what is missing is made anew from the content of the layer',
  ),
  'missing-template': damage('no scratch can be made on the layer', remade),
  'damaged-template': damage('no scratch can be made on the layer', remade),
  'missing-scratch': damage('the snapshot can not be attached', remade),
  'truncated-scratch': damage('the snapshot can not be attached', remade),
  'damaged-scratch': damage('the snapshot can not be attached', remade),
  'wrong-scratch-size': damage('the disk is not the one that was made for the snapshot', remade),
  'missing-attachment': damage(
    'nobody sees the content of the snapshot, and what was written since it was attached may be gone',
    'that it is detached is accepted, and done by the next opening',
  ),
  'missing-sidecar': damage('without its log the layer would not be known', rewritten),
  'damaged-sidecar': damage('without its log the layer would not be known', rewritten),
  'wrong-sidecar': damage('without its log the layer would be taken for another one', rewritten),
  'foreign-sidecar': damage('the sidecar is that of another log', rewritten),
  'stale-layer': stray('the log has no record of it any more', aside),
  'unknown-layer': stray('the log never had a record of it', aside),
  'leftover-retired': stray('it was named for destruction, and nobody is about to destroy it', aside),
  'foreign-entry': stray('it is nothing that belongs there', aside),
  'stray-sidecar': stray('there is no such layer', aside),
  'stray-content': stray('there is no such layer', aside),
  'stray-attachment': stray('the snapshot is not attached', aside),
  'leftover-temporary': stray('it was half made or half removed, and is of no use', 'it is deleted'),
} as const satisfies Readonly<Record<string, Kind>>

/** What was found, by a name that stays the same from version to version. */
export type FindingCode = keyof typeof findingKinds

/** Something that is not as it should be. */
export type Finding = {
  readonly code: FindingCode
  readonly severity: Severity
  /** The layer's, where it is about one. */
  readonly id: SnapshotId | null
  /** The key or name of the snapshot, where it has a record. */
  readonly name: string | null
  /** What was found, a sentence. */
  readonly found: string
  /** What follows from it. */
  readonly means: string
  /** What `repair` does about it, or null: nothing that the library could do. */
  readonly repair: string | null
}

/** What is told of one finding besides what its code says. */
export type Details = {
  readonly id?: SnapshotId | undefined
  readonly name?: string | undefined
  readonly found: string
  /** In the place of what is done for others of its kind. */
  readonly repair?: string | null
}

export const finding = (code: FindingCode, { id, name, found, repair }: Details): Finding => {
  const kind: Kind = findingKinds[code]
  return {
    code,
    severity: kind.severity,
    id: id ?? null,
    name: name ?? null,
    found,
    means: kind.means,
    repair: repair === undefined ? kind.repair : repair,
  }
}
