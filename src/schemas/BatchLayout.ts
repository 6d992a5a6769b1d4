/** What writer and reader of a batch agree on, version 1: docs/log-format.md has every byte. */

/** Bytes before the columns. */
export const batchHeaderBytes = 64
/** Flag: the batch has a column of result times. */
export const flagResultTime = 1
/** Index of a string that is absent: no district, no traceparent. */
export const noString = 0xffff
/** Most observations of one batch. */
export const batchObservationsMax = 16_384
/** Longest span of phenomenon times in one batch: offsets are 32-bit milliseconds. */
export const batchSpanMillisMax = 2_000_000_000
