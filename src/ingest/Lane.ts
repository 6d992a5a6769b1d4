/**
 * The observations of one source on their way into the log: a writer per shard and the group that leaves next. A batch names
 * its source, hence one lane per source; sequences count per lane and shard. Plain synchronous code; who calls it decides
 * when a group leaves.
 */
import { Deferred } from "effect"
import type { Append, LogFull, LogUnavailable } from "../ports/ShardedLog.ts"
import { BatchWriter } from "../schemas/BatchWriter.ts"
import { shardCount, shardOf } from "../schemas/Shards.ts"
import type { ObservationCheck } from "./ObservationCheck.ts"
import type { DistrictPlacement } from "./Placement.ts"
import type { Locations } from "./SensorLocations.ts"

/** Batches that leave in one append, and the promise that they have. */
export interface Group {
  readonly records: Array<Append>
  /** In `records` and in the writers. */
  observations: number
  readonly done: Deferred.Deferred<void, LogFull | LogUnavailable>
}

export interface LaneOptions {
  readonly source: string
  readonly producer: string
  readonly batchObservations: number
  readonly placement: DistrictPlacement
  readonly locations: Locations
  readonly now: () => number
  readonly onBatch: (observations: number) => void
}

export class Lane {
  readonly source: string
  /** What leaves next, or `undefined` where nothing waits. */
  group: Group | undefined = undefined
  private readonly options: LaneOptions
  private readonly writers: Array<BatchWriter | undefined> = Array.from({ length: shardCount + 1 }, () => undefined)
  private readonly sequences = new Float64Array(shardCount + 1)
  private readonly ids: NonNullable<ConstructorParameters<typeof BatchWriter>[0]> = new Map()

  constructor(options: LaneOptions) {
    this.source = options.source
    this.options = options
  }

  /** Adds what the check has just accepted. */
  add(checked: ObservationCheck): Group {
    const group = this.group ??= { records: [], observations: 0, done: Deferred.makeUnsafe() }
    const shard = shardOf(checked.sensorId)
    const writer = this.writers[shard] ??= new BatchWriter(this.ids)
    if (!writer.fits(checked.phenomenonTime)) this.seal(group, shard, writer)
    const { locations, placement } = this.options
    locations.place(placement, checked.sensorId, checked.location, checked.phenomenonTime)
    writer.add(
      checked.sensorId,
      checked.property.number,
      checked.phenomenonTime,
      checked.resultTime,
      checked.result,
      locations.district,
      locations.written
    )
    group.observations++
    if (writer.count >= this.options.batchObservations) this.seal(group, shard, writer)
    return group
  }

  /** The group with everything sealed; the next observation opens another. */
  takeGroup(): Group | undefined {
    const { group } = this
    if (group === undefined) return undefined
    this.group = undefined
    for (let shard = 1; shard <= shardCount; shard++) {
      const writer = this.writers[shard]
      if (writer !== undefined && writer.count > 0) this.seal(group, shard, writer)
    }
    return group
  }

  private seal(group: Group, shard: number, writer: BatchWriter): void {
    const { now, onBatch, placement, producer, source } = this.options
    onBatch(writer.count)
    const producerSequence = (this.sequences[shard] as number) + 1
    this.sequences[shard] = producerSequence
    const payload = writer.take({
      receivedAt: now(),
      source,
      producer,
      producerSequence,
      districtSetVersion: placement.version
    })
    group.records.push({ shard, payload })
  }
}
