/**
 * The conformance suite as data: what every event store, backend, content, codecs, differ and snapshotter must do. No test runner is needed or
 * imported; with any of them: `for (const c of storeCases) test(c.name, () => c.run(open))`.
 */
import { attachedContentCases, attachmentCases } from './attachment.js'
import { badInputCases } from './bad-input.js'
import { commitCases } from './commit.js'
import { concurrencyCases } from './concurrency.js'
import { creationCases } from './creation.js'
import { fieldContentCases, layerDepthCases } from './field-content.js'
import { fieldMetadataCases } from './field-metadata.js'
import { filterCases } from './filter-cases.js'
import type { SnapshotterCase } from './fixtures.js'
import { lifecycleCases } from './lifecycle.js'
import { lookupCases } from './lookup.js'
import { metastoreCases } from './metastore.js'
import { mountCases } from './mount-table.js'
import { pendingCases } from './pending.js'
import { planCases } from './planning.js'
import { sizeCases } from './size-labels.js'
import { updateCases } from './update.js'
import { usageCases } from './usage.js'

export { backendCases } from './backend-cases.js'
export { blobCases } from './blob-cases.js'
export type { Case } from './case.js'
export { codecCases } from './codec-cases.js'
export { type DifferSubject, differCases, layerStackTable } from './differ-cases.js'
export { layerOfTable } from './differ-layers.js'
export type { Dice } from './dice.js'
export { diceFrom } from './dice.js'
export { attachAll, checkDeletedAttachment } from './fsck-attachment.js'
export { checkDamages, damageGroups, damages } from './fsck-cases.js'
export type { Damage } from './fsck-damage.js'
export type { FsckSubject, LogFiles, RootFiles, Written } from './fsck-subject.js'
export { makeClosedWorld, makeWorld, type KnownLayer } from './fsck-worlds.js'
export { layerDepthCases } from './field-content.js'
export { acceptedFilters, filterMatches, rejectedFilters } from './filter-samples.js'
export { mountTable } from './mount-table.js'
export type { Script, Step, TarLine } from './script.js'
export { checkScripts, type ScriptWorld } from './script-check.js'
export { makeScript, type ScriptOptions } from './script-maker.js'
export { outcomeOf, type ScriptOutcome } from './script-outcome.js'
export type { ScriptSubject } from './script-runner.js'
export { malformedSizes, sizeTable } from './size-labels.js'
export { storeCases } from './store-cases.js'
export type { BackendSubject, CodecsSubject, ContentSubject, SnapshotterSubject, StoreSubject } from './subject.js'
export { updateTable } from './update.js'

/** What a snapshotter records and answers: kinds, parents, labels, times, mounts, refusals, plans, streams. */
export const metadataCases: readonly SnapshotterCase[] = [
  ...fieldMetadataCases,
  ...metastoreCases,
  ...mountCases,
  ...sizeCases,
  ...creationCases,
  ...commitCases,
  ...lookupCases,
  ...updateCases,
  ...filterCases,
  ...badInputCases,
  ...concurrencyCases,
  ...pendingCases,
  ...planCases,
  ...lifecycleCases,
  ...attachmentCases,
  ...usageCases,
]

/** What attached snapshots hold: layers upon layers, read and written through `files`. */
export const contentCases: readonly SnapshotterCase[] = [...fieldContentCases, ...attachedContentCases]

/** Everything that is asked of a snapshotter. */
export const snapshotterCases: readonly SnapshotterCase[] = [...metadataCases, ...contentCases, ...layerDepthCases]
