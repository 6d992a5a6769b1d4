/**
 * Turns the steps of a recording into batches. Promise: the batches of each shard depend on the steps alone, never on when or in what
 * company they are sent: one batch per step and touched shard (more only when it would be too large), numbered from 1 without a
 * gap. Plain synchronous code.
 */
import { BatchWriter } from "../schemas/BatchWriter.ts"
import { encodeCommand } from "../schemas/Commands.ts"
import { EpochMillis, Latitude, Longitude } from "../schemas/Quantities.ts"
import { shardCount, shardOf, shards } from "../schemas/Shards.ts"
import type { DistrictPlacement } from "./Placement.ts"
import type { ReplayRecords } from "./ReplayRecords.ts"
import type { ReplayStep } from "./ReplayStep.ts"
import type { SensorPlace } from "./SensorPlaces.ts"

const batchObservationsMax = 4096

export interface ReplayBatchesOptions {
  readonly name: string
  /** Name of the source; `replay:` and the name unless set. */
  readonly source?: string
  readonly fingerprint: string
  readonly placement: DistrictPlacement
  readonly places: ReadonlyMap<string, SensorPlace>
}

export class ReplayBatches {
  readonly source: string
  readonly producer: string
  private readonly options: ReplayBatchesOptions
  private readonly writers: Array<BatchWriter | undefined> = Array.from({ length: shardCount + 1 }, () => undefined)
  private readonly sequences: Array<number>
  private readonly records: ReplayRecords
  private readonly shardsOf = new Map<string, number>()

  /** `sequences`: the highest sent to each shard, from shard 1. */
  constructor(options: ReplayBatchesOptions, sequences: ReadonlyArray<number>, records: ReplayRecords) {
    this.options = options
    this.source = options.source ?? `replay:${options.name}`
    this.producer = `${this.source}:${options.fingerprint}`
    this.sequences = [0, ...sequences]
    this.records = records
  }

  /** The highest sequence of each shard, from shard 1. */
  sent(): ReadonlyArray<number> {
    return this.sequences.slice(1)
  }

  /** Says where the located sensors are, each to its shard. */
  describe(issuedAt: number): void {
    for (const { location, name, sensorId } of this.options.places.values()) {
      const payload = encodeCommand({
        id: `${this.producer}:describe:${sensorId}`,
        issuedAt: EpochMillis.make(issuedAt),
        command: {
          _tag: "DescribeSensor",
          sensorId,
          ...(name === undefined ? {} : { name }),
          location: [Longitude.make(location[0]), Latitude.make(location[1])]
        }
      })
      this.records.push({ shard: shardOf(sensorId), payload })
    }
  }

  addStep(step: ReplayStep): void {
    const { places, placement } = this.options
    for (const { location, phenomenonTime, property, result, sensorId } of step.observations) {
      const shard = this.shard(sensorId)
      const writer = this.writers[shard] ??= new BatchWriter()
      if (writer.count >= batchObservationsMax || !writer.fits(phenomenonTime)) {
        this.seal(shard, writer, step.receivedAt)
      }
      const place = location ?? places.get(sensorId)?.location
      const district = place === undefined ? undefined : placement.districtOf(place[0], place[1])
      writer.add(sensorId, property.number, phenomenonTime, NaN, result, district, location)
    }
    for (const shard of shards) {
      const writer = this.writers[shard]
      if (writer !== undefined && writer.count > 0) this.seal(shard, writer, step.receivedAt)
    }
  }

  private seal(shard: number, writer: BatchWriter, receivedAt: number): void {
    const producerSequence = (this.sequences[shard] ?? 0) + 1
    this.sequences[shard] = producerSequence
    const payload = writer.take({
      receivedAt,
      source: this.source,
      producer: this.producer,
      producerSequence,
      districtSetVersion: this.options.placement.version
    })
    this.records.push({ shard, payload })
  }

  private shard(sensorId: string): number {
    const known = this.shardsOf.get(sensorId)
    if (known !== undefined) return known
    const shard = shardOf(sensorId)
    this.shardsOf.set(sensorId, shard)
    return shard
  }
}
