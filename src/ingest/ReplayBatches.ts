/**
 * Turns steps into records of the log. Promise: the records of each shard depend on the steps alone, never on when or in what
 * company they are sent: one batch per step and touched shard (more only when it would be too large), numbered from 1 without a
 * gap; then, where the step has passed a multiple of the tick's span, a tick to every shard. Plain synchronous code.
 */
import type { Append } from "../ports/ShardedLog.ts"
import { BatchWriter } from "../schemas/BatchCodec.ts"
import { EpochMillis, Latitude, Longitude } from "../schemas/Quantities.ts"
import { encodeCommand, encodeTick } from "../schemas/Records.ts"
import { shardCount, shardOf, shards } from "../schemas/Shards.ts"
import type { DistrictPlacement } from "./Placement.ts"
import type { ReplayState } from "./ReplayCheckpoint.ts"
import type { ReplayStep } from "./ReplayStep.ts"
import type { SensorPlace } from "./SensorPlaces.ts"

/** Event time between ticks unless the mapping says otherwise. */
export const tickSecondsDefault = 300
/** The closing tick is this far behind the last step, so that every window closes. */
export const closingMillis = 86_400_000
const batchObservationsMax = 4096

export interface ReplayBatchesOptions {
  readonly name: string
  readonly fingerprint: string
  readonly tickMillis: number
  readonly placement: DistrictPlacement
  readonly places: ReadonlyMap<string, SensorPlace>
}

export class ReplayBatches {
  readonly source: string
  readonly producer: string
  private readonly options: ReplayBatchesOptions
  private readonly writers: Array<BatchWriter | undefined> = Array.from({ length: shardCount + 1 }, () => undefined)
  private readonly sequences: Array<number>
  private lastTick: number
  private records: Array<Append> = []
  private readonly shardsOf = new Map<string, number>()

  constructor(options: ReplayBatchesOptions, state: ReplayState) {
    this.options = options
    this.source = `replay:${options.name}`
    this.producer = `replay:${options.name}:${options.fingerprint}`
    this.sequences = [0, ...state.sequences]
    this.lastTick = state.lastTick
  }

  /** Records not taken yet. */
  get pending(): number {
    return this.records.length
  }

  /** The records since the last call, in the order they must be appended. */
  take(): ReadonlyArray<Append> {
    const { records } = this
    this.records = []
    return records
  }

  /** What a checkpoint needs to go on from here. */
  state(): Pick<ReplayState, "sequences" | "lastTick"> {
    return { sequences: this.sequences.slice(1), lastTick: this.lastTick }
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
    const { places, placement, tickMillis } = this.options
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
    const tick = Math.floor(step.receivedAt / tickMillis) * tickMillis
    if (tick > this.lastTick) this.tick(tick)
  }

  /** Closes every window of what was sent. */
  close(eventTime: number): void {
    this.tick(eventTime + closingMillis)
  }

  private tick(now: number): void {
    this.lastTick = now
    const payload = encodeTick(now)
    for (const shard of shards) this.records.push({ shard, payload })
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
