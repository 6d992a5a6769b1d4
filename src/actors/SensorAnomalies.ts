/**
 * The anomalies that a sensor shard has found, on their way: to the shards of their districts, as records of the partials log, at
 * once; and into the history with the next commit, of each anomaly what was found last. Promise: what a record of the log made is given
 * out under its sequence and in its order, so that it can be told from what was given out before a crash.
 */
import { anomalySentence } from "../analytics/AnomalySentence.ts"
import type { FoundAnomaly } from "../analytics/FoundAnomaly.ts"
import type { Append } from "../ports/ShardedLog.ts"
import type { AnomalyRow } from "../ports/ShardStore.ts"
import { encodeAnomalies, type TravellingAnomaly } from "../schemas/AnomaliesCodec.ts"
import type { AnomalyRevision } from "../schemas/Anomaly.ts"
import { observedProperties } from "../schemas/ObservedProperties.ts"
import { shardOf } from "../schemas/Shards.ts"
import type { DistrictNumbers } from "./DistrictNumbers.ts"
import type { SensorDirectory } from "./SensorDirectory.ts"

/** In one record, which then has about a third of what a message may have. */
const anomaliesPerRecord = 500

export class SensorAnomalies {
  private readonly directory: SensorDirectory
  private readonly districts: DistrictNumbers
  private given: Array<TravellingAnomaly> = []
  /** By slot and when it opened. */
  private rows = new Map<string, AnomalyRow>()

  constructor(directory: SensorDirectory, districts: DistrictNumbers) {
    this.directory = directory
    this.districts = districts
  }

  /** What the record `sequence` made, at this time of the log. */
  add(found: ReadonlyArray<FoundAnomaly>, sourceSequence: number, foundAt: number): void {
    for (const [ordinal, one] of found.entries()) {
      const revision = this.revisionOf(one)
      this.given.push({ sourceSequence, ordinal, foundAt, ...revision })
      this.rows.set(`${one.slot} ${one.opened}`, { slot: one.slot, ...revision })
    }
  }

  private revisionOf({ closed, district, ending, slot, ...found }: FoundAnomaly): AnomalyRevision {
    const property = this.directory.propertyOf(slot)
    const { max, min } = observedProperties[property]?.plausible ?? { min: -Infinity, max: Infinity }
    const revision = {
      sensorId: this.directory.id(this.directory.sensorOfDatastream(slot)),
      property,
      district: district === 0 ? null : this.districts.id(district),
      closed: closed ?? null,
      ending: ending ?? null,
      ...found,
      // Nobody expects what the door refuses.
      low: Math.max(min, found.low),
      high: Math.min(max, found.high)
    }
    return { ...revision, sentence: anomalySentence(revision) }
  }

  /** What waits to be given out. */
  get waiting(): number {
    return this.given.length
  }

  /** What waits to be stored. */
  get pendingRows(): number {
    return this.rows.size
  }

  /** Records for the shards of the districts; what is of no district goes to the shard that found it. */
  take(sourceShard: number): ReadonlyArray<Append> {
    if (this.given.length === 0) return []
    const byShard = new Map<number, Array<TravellingAnomaly>>()
    for (const one of this.given) {
      const shard = one.district === null ? sourceShard : shardOf(one.district)
      const found = byShard.get(shard) ?? []
      byShard.set(shard, found)
      found.push(one)
    }
    this.given = []
    return Array.from(byShard).flatMap(([shard, found]) =>
      Array.from({ length: Math.ceil(found.length / anomaliesPerRecord) }, (_, i) => ({
        shard,
        payload: encodeAnomalies({
          sourceShard,
          found: found.slice(i * anomaliesPerRecord, (i + 1) * anomaliesPerRecord)
        })
      }))
    )
  }

  takeRows(): ReadonlyArray<AnomalyRow> {
    if (this.rows.size === 0) return []
    const rows = [...this.rows.values()]
    this.rows = new Map()
    return rows
  }
}
