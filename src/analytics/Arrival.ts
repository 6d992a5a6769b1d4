/**
 * The observation that `Datastreams.observeArrival` takes: phenomenon time, result time (NaN: none), result, when it was received,
 * lateness, district (0: none); times in epoch milliseconds. One for all shards, set by the caller right before, because arguments with a
 * fraction cost an allocation each.
 */
export const arrival = new Float64Array(6)
