/** Keeps what sensors with a wrong unit send and no door would take, in REJECTED, under ids that a repeated run has too. */
import { Clock, Effect } from "effect"
import { RejectedLog, type RejectedLogUnavailable } from "../../ports/RejectedLog.ts"
import { toRfc3339 } from "../../schemas/Quantities.ts"
import * as DoorMetrics from "../DoorMetrics.ts"
import type { ReplayBatches } from "../ReplayBatches.ts"
import type { RefusedObservation } from "./CityObservations.ts"

export const keepRefused = Effect.fnUntraced(function*(
  { producer, source }: ReplayBatches,
  refused: ReadonlyArray<RefusedObservation>
): Effect.fn.Return<void, RejectedLogUnavailable, RejectedLog> {
  if (refused.length === 0) return
  const rejectedLog = yield* RejectedLog
  const receivedAt = yield* Clock.currentTimeMillis
  DoorMetrics.make(yield* Effect.context<never>()).offered(0, refused.map(({ refusal }) => refusal))
  yield* rejectedLog.record(refused.map(({ phenomenonTime, property, refusal, result, sensorId }) => {
    const time = toRfc3339(phenomenonTime)
    const raw = new TextEncoder().encode(
      JSON.stringify({ sensorId, property: property.name, phenomenonTime: time, result, unit: property.unit })
    )
    return {
      id: `${producer}:${sensorId}:${property.name}:${phenomenonTime}`,
      receivedAt,
      source,
      reason: refusal.reason,
      detail: `sensor ${sensorId} at ${time}: ${refusal.detail}`,
      raw,
      rawBytes: raw.length
    }
  }))
})
