/** Keeps the values of a recording that are not sent in REJECTED, under ids that a repeated replay has too. */
import { Clock, Effect } from "effect"
import { rawBytesMax, RejectedLog, type RejectedLogUnavailable, type Rejection } from "../ports/RejectedLog.ts"
import * as DoorMetrics from "./DoorMetrics.ts"
import type { ReplayBatches } from "./ReplayBatches.ts"
import type { BadValue } from "./ReplayStep.ts"

const rejectionsAtOnce = 1000

export const keepRejected = Effect.fnUntraced(function*(
  batches: ReplayBatches,
  bad: ReadonlyArray<BadValue>
): Effect.fn.Return<void, RejectedLogUnavailable, RejectedLog> {
  const rejectedLog = yield* RejectedLog
  const receivedAt = yield* Clock.currentTimeMillis
  DoorMetrics.make(yield* Effect.context<never>()).offered(0, bad.map((value) => value.refusal))
  for (let from = 0; from < bad.length; from += rejectionsAtOnce) {
    yield* rejectedLog.record(
      bad.slice(from, from + rejectionsAtOnce).map((value) => rejection(batches, value, receivedAt))
    )
  }
})

const rejection = (batches: ReplayBatches, { column, file, line, raw, refusal }: BadValue, at: number): Rejection => {
  const bytes = new TextEncoder().encode(raw)
  return {
    id: `${batches.producer}:${file}:${line}:${column}`,
    receivedAt: at,
    source: batches.source,
    reason: refusal.reason,
    detail: `${file} line ${line}${column === "" ? "" : ` column ${column}`}: ${refusal.detail}`,
    raw: bytes.length > rawBytesMax ? bytes.slice(0, rawBytesMax) : bytes,
    rawBytes: bytes.length
  }
}
