/** Statuses and totals of the shards of this process, from the state itself. */
import { Effect, Layer } from "effect"
import * as Slab from "../analytics/DatastreamSlab.ts"
import { ObservationLog } from "../ports/ShardedLog.ts"
import { LocalShards } from "./LocalShards.ts"
import type { SensorShard } from "./SensorStage.ts"
import { type ShardStatus, ShardStatuses, type StageTotals } from "./ShardStatusProtocol.ts"

type MutableTotals = { -readonly [K in keyof StageTotals]: number }

const none = (): MutableTotals => ({
  sensors: 0,
  datastreams: 0,
  counted: 0,
  duplicate: 0,
  superseded: 0,
  late: 0,
  overflow: 0,
  quarantined: 0,
  corruptBatches: 0,
  repeatedBatches: 0
})

const addShard = (totals: MutableTotals, shard: SensorShard): void => {
  const { slab } = shard.streams
  totals.sensors += shard.directory.sensors
  totals.datastreams += slab.length
  for (let slot = 0; slot < slab.length; slot++) {
    const words = slab.record(slot)
    const at = slab.at(slot)
    totals.counted += words[at + Slab.counted] as number
    totals.duplicate += words[at + Slab.duplicate] as number
    totals.superseded += words[at + Slab.superseded] as number
    totals.late += words[at + Slab.late] as number
    totals.overflow += words[at + Slab.overflow] as number
  }
  totals.quarantined += shard.totals.quarantined
  totals.corruptBatches += shard.totals.corruptBatches
  totals.repeatedBatches += shard.totals.repeatedBatches
}

export const shardStatusesLayer = Layer.effect(
  ShardStatuses,
  Effect.gen(function*() {
    const local = yield* LocalShards
    const log = yield* ObservationLog
    return ShardStatuses.of({
      statuses: Effect.gen(function*() {
        const statuses: Array<ShardStatus> = []
        for (const [shard, entry] of local.entries()) {
          const { last } = yield* log.bounds(shard)
          statuses.push({
            stage: "sensor",
            shard,
            state: entry.state,
            applied: entry.applied,
            committed: entry.committed,
            lag: Math.max(0, last - entry.applied),
            epoch: entry.epoch,
            restarts: entry.restarts,
            detail: entry.detail
          })
        }
        return statuses.sort((a, b) => a.shard - b.shard)
      }),
      totals: Effect.gen(function*() {
        const totals = none()
        for (const [, { sensors }] of local.entries()) {
          if (sensors === undefined) continue
          addShard(totals, sensors)
          // A shard of a large city takes a while: others get the loop in between.
          yield* Effect.yieldNow
        }
        return totals
      })
    })
  })
)
