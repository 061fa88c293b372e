/** Commands that may be unanswered at once, parked ones included; one more is Overloaded. */
export const queueLimit = 1_024

/** Intents that may run at once. */
export const intentLimit = 16

/** Owed intents that may run at once: what hangs while it cleans up must not keep callers waiting. */
export const owedLimit = 4

/** Records between two checkpoints. */
export const checkpointEvery = 10_000

/** Characters of records in one write; what arrives meanwhile goes with the next. */
export const groupLimit = 1_048_576

/** First pause before an owed intent is tried again, in milliseconds; doubled each time up to `longestPause`. */
export const firstPause = 100
export const longestPause = 60_000

/** Records between two states that a history keeps. */
export const rootEvery = 1_000

/** Entries handled before other work of the process gets a turn. */
export const sliceLength = 1_000

/** Records replayed, or rows of a checkpoint encoded, before other work of the process gets a turn. */
export const rowSliceLength = 250

/** Nanoseconds after which a slice ends before its last entry. */
export const sliceTime = 10_000_000n
