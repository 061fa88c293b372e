// @ts-check
/** A broken runtime: what is answered when, what recovery does, who waits for whom. And broken stores below it. */

const engine = 'core/dist/src/runtime/engine.js'
const journal = 'core/dist/src/runtime/journal.js'
const recover = 'core/dist/src/runtime/recover.js'
const performer = 'core/dist/src/runtime/performer.js'
const parking = 'core/dist/src/runtime/parking.js'
const snapshotter = 'core/dist/src/runtime/snapshotter.js'
const memoryStore = 'backend-fake/dist/src/memory-store.js'
const simulatedLog = 'backend-fake/dist/src/simulate/log.js'

/** @type {import('./patch.mjs').Mutant[]} */
export const runtimes = [
  {
    name: 'update answered before durable',
    is: 'what has no intent is answered before its record is durable',
    file: engine,
    find: 'void answerWhenSettled(engine, answer, E.right(state));',
    replace: 'answer(E.right(state));',
  },
  {
    name: 'outcome answered before durable',
    is: 'what has an intent is answered when that has ended, before its record is durable',
    file: engine,
    find: 'const result = outcome.type ===',
    replace:
      'queueMicrotask(() => { engine.answers.get(outcome.intent)?.(result); engine.answers.delete(outcome.intent); });\n    const result = outcome.type ===',
  },
  {
    name: 'answered before the work',
    is: 'a command with an intent is answered when it is accepted',
    file: engine,
    find: 'engine.answers.set(intent.id, answer);',
    replace: 'void answerWhenSettled(engine, answer, E.right(state));',
  },
  {
    name: 'performed before durable',
    is: 'intents run and events are told before the records are durable',
    file: journal,
    find: 'await append(journal, records, state, rows, isCheckpointDue);\n    // Stopped by this write, or beside it: its callers have been told.\n    if (journal.fault !== undefined)\n        return;\n    journal.inFlight = [];\n    journal.onDurable(records.map(({ recorded }) => recorded), group.map(({ stepped }) => stepped));',
    replace:
      'journal.onDurable(records.map(({ recorded }) => recorded), group.map(({ stepped }) => stepped));\n    await append(journal, records, state, rows, isCheckpointDue);\n    if (journal.fault !== undefined)\n        return;\n    journal.inFlight = [];',
  },
  {
    name: 'failed write ignored',
    is: 'the runtime goes on after a write of the log has failed',
    file: journal,
    find: 'return stop(journal, result.left);',
    replace: 'return undefined;',
  },
  {
    name: 'head not moved',
    is: 'the runtime expects the head of two writes before',
    file: journal,
    find: 'journal.head = head;',
    replace: '',
  },
  {
    name: 'state read ahead of the log',
    is: 'queries show what is accepted and not durable',
    file: snapshotter,
    find: 'reply(parts.engine.journal.durable, name.right)',
    replace: 'reply(parts.engine.journal.accepted, name.right)',
  },
  {
    name: 'outstanding not performed',
    is: 'opening does not perform what was outstanding',
    file: recover,
    find: 'for (const asking of outstanding)\n        perform',
    replace: 'for (const asking of [])\n        perform',
  },
  {
    name: 'owed work forgotten at open',
    is: 'opening does not perform what is owed',
    file: recover,
    find: 'for (const asking of outstanding)\n        perform',
    replace:
      "for (const asking of outstanding)\n        if (asking.type !== 'Removed' && asking.type !== 'PrepareFailed') perform",
  },
  {
    name: 'cancel forgotten at open',
    is: 'a commit that was cancelled is done by the next opening',
    file: recover,
    find: 'perform(performer, intentOf(state, asking), asking.cancelled)',
    replace: 'perform(performer, intentOf(state, asking), false)',
  },
  {
    name: 'attached after open',
    is: 'opening leaves attached what a dead owner had attached',
    file: recover,
    find: "await detachAll(engine, 'open');",
    replace: '',
  },
  {
    name: 'quarantine left out',
    is: 'opening leaves directories that no record claims',
    file: recover,
    find: 'return found.filter((layer) => !worked.has(layer.id) && !isClaimed(layer));',
    replace: 'return [];',
  },
  {
    name: 'own work quarantined',
    is: 'opening takes away directories of intents that are outstanding',
    file: recover,
    find: '!worked.has(layer.id) && !isClaimed(layer)',
    replace: '!isClaimed(layer)',
  },
  {
    name: 'attached after close',
    is: 'close leaves attached what it had attached',
    file: snapshotter,
    find: "await detachAll(engine, 'close');",
    replace: 'undefined;',
  },
  {
    name: 'owed work not tried again',
    is: 'owed work that failed is not tried again before a cleanup',
    file: performer,
    find: 'if (!isTriedSince && !performer.isStopping)\n        enqueue(performer, run);',
    replace: '',
  },
  {
    name: 'owed work given up',
    is: 'owed work that failed counts as done',
    file: performer,
    find: 'if (E.isLeft(result) && isOwed(run.intent)) {',
    replace: 'if (false) {',
  },
  {
    name: 'cleanup answered early',
    is: 'cleanup does not wait for what is owed',
    file: performer,
    find: 'while (owed.some(isUntried) && !performer.isStopping)\n        await change(performer);',
    replace: '',
  },
  {
    name: 'cancel not heard',
    is: 'a commit whose caller has given up goes on',
    file: performer,
    find: 'run.isCancelled = true;\n    abort(run);',
    replace: '',
  },
  {
    name: 'parked commands turned round',
    is: 'parked commands get their turn last come, first served',
    file: parking,
    find: 'for (const one of before) {',
    replace: 'for (const one of before.toReversed()) {',
  },
  {
    name: 'parked commands overtaken',
    is: 'a command does not stay behind one that is parked',
    file: parking,
    find: 'parked.length > 0 &&',
    replace: 'false &&',
    by: 'metadata-memory-memory',
  },
  {
    name: 'parked commands forgotten',
    is: 'what is parked is tried again only when something else is parked',
    file: engine,
    find: 'engine.parking.retry();\n};\nconst answerWhenSettled',
    replace: '};\nconst answerWhenSettled',
  },
  {
    name: 'written after detach',
    is: 'files of what is detached or being detached can be written',
    file: 'core/dist/src/runtime/guarded-files.js',
    find: 'isStillAttached() ? call(...args)() : E.left(refusal())',
    replace: 'call(...args)()',
    by: 'metadata-memory-memory',
  },
  {
    name: 'altered record accepted',
    is: 'the chain of hashes is not verified',
    file: 'core/dist/src/log/replay.js',
    find: 'if (!isChained(text, hash, sha256))',
    replace: 'if (false)',
  },
]

/** @type {import('./patch.mjs').Mutant[]} */
export const stores = [
  {
    name: 'stale head accepted',
    is: 'a store appends after another head than expected',
    file: memoryStore,
    find: 'if (seq !== expected.seq || hash !== expected.hash)',
    replace: 'if (false)',
    by: 'stores',
  },
  {
    name: 'gap accepted',
    is: 'a store takes records with a gap before them',
    file: memoryStore,
    find: 'if (added.some((record, at) => record.seq !== seq + 1 + at))',
    replace: 'if (false)',
    by: 'stores',
  },
  {
    name: 'torn batch',
    is: 'a store keeps the first record of a batch and answers for all',
    file: memoryStore,
    find: 'for (const record of added)',
    replace: 'for (const record of added.slice(0, 1))',
  },
  {
    name: 'rows lost',
    is: 'a store does not keep the rows of a batch',
    file: memoryStore,
    find: 'for (const row of addedRows)',
    replace: 'for (const row of [])',
    by: 'stores',
  },
  {
    name: 'last records not read',
    is: 'a store reads whole batches only',
    file: 'backend-fake/dist/src/memory/log-maintenance.js',
    find: 'if (batch.length > 0)\n        yield E.right(batch);',
    replace: '',
  },
  {
    name: 'opened twice',
    is: 'a store that is open can be opened by another process',
    file: memoryStore,
    find: 'if (opening !== undefined)\n                return inUse;',
    replace: '',
  },
  {
    name: 'append not synced',
    is: 'the last write and what is kept of its head are lost with the process',
    file: simulatedLog,
    find: 'endProcess: store.losePower',
    replace: 'endProcess: () => { data.records.pop(); data.anchor = undefined; store.losePower(); }',
  },
  {
    name: 'acknowledged before durable',
    is: 'a store answers for a write and makes it later',
    file: simulatedLog,
    find: 'const written = await store.append(expected, added, rows)();',
    replace:
      "const written = E.right(undefined); void calls.turn('late write').then(() => store.append(expected, added, rows)());",
  },
  {
    name: 'head anchor not moved',
    is: 'the head kept beside the log stays where it was',
    file: memoryStore,
    find: 'data.anchor = { log: data.log, ...headOf(data) };',
    replace: '{}',
  },
]
