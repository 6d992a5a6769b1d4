/** Statuses and totals of the shards of this process, from the state itself. */
import { Effect, Layer } from "effect"
import * as Slab from "../analytics/DatastreamSlab.ts"
import { ObservationLog, PartialsLog, type ShardedLog } from "../ports/ShardedLog.ts"
import type { StageName } from "../ports/ShardStore.ts"
import { type LocalDistrict, LocalDistricts } from "./LocalDistricts.ts"
import { LocalShards } from "./LocalShards.ts"
import type { ProcessorEntry } from "./ProcessorEntries.ts"
import type { SensorShard } from "./SensorStage.ts"
import { type DistrictTotals, type ShardStatus, ShardStatuses, type StageTotals } from "./ShardStatusProtocol.ts"

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

const districtTotalsOf = (entries: Iterable<[number, LocalDistrict]>): DistrictTotals => {
  const totals = { listed: 0, observed: 0, afterHorizon: 0, corruptRecords: 0 }
  for (const [, { districts }] of entries) {
    if (districts === undefined) continue
    totals.listed += districts.listed.length
    for (const { latest } of districts.districts.values()) totals.observed += latest === undefined ? 0 : 1
    totals.afterHorizon += districts.totals.afterHorizon
    totals.corruptRecords += districts.totals.corruptRecords
  }
  return totals
}

const statusesOf = Effect.fnUntraced(function*(
  stage: StageName,
  log: ShardedLog,
  entries: Iterable<[number, ProcessorEntry]>
) {
  const statuses: Array<ShardStatus> = []
  for (const [shard, { applied, committed, detail, epoch, restarts, state }] of entries) {
    const { last } = yield* log.bounds(shard)
    const lag = Math.max(0, last - applied)
    statuses.push({ stage, shard, state, applied, committed, lag, epoch, restarts, detail })
  }
  return statuses.sort((a, b) => a.shard - b.shard)
})

export const shardStatusesLayer = Layer.effect(
  ShardStatuses,
  Effect.gen(function*() {
    const local = yield* LocalShards
    const districts = yield* LocalDistricts
    const observations = yield* ObservationLog
    const partials = yield* PartialsLog
    return ShardStatuses.of({
      statuses: Effect.gen(function*() {
        // Sensors first: where they have caught up, what they gave out is in the log of the districts.
        const sensors = yield* statusesOf("sensor", observations, local.entries())
        const ofDistricts = yield* statusesOf("district", partials, districts.entries())
        return [...sensors, ...ofDistricts]
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
      }),
      districtTotals: Effect.sync(() => districtTotalsOf(districts.entries()))
    })
  })
)
