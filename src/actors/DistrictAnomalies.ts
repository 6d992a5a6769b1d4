/**
 * The anomalies that district shards hear of from sensor shards: each revision once, however often it is given out, and what is told of it.
 */
import type { TravellingAnomaly } from "../schemas/AnomaliesCodec.ts"
import { anomalyId, shownAnomaly } from "../schemas/Anomaly.ts"
import { type CityEvent, sensorSource } from "../schemas/CityEvent.ts"
import { observedProperties } from "../schemas/ObservedProperties.ts"
import { shardCount } from "../schemas/Shards.ts"

interface HeardAnomaliesState {
  readonly sequences: ReadonlyArray<number>
  readonly counts: ReadonlyArray<number>
}

/** How far each sensor shard was heard: the record of its log, and how many of the anomalies that it made. By shard number. */
export class HeardAnomalies {
  private readonly sequences = new Float64Array(shardCount + 1)
  private readonly counts = new Float64Array(shardCount + 1)

  constructor(state?: HeardAnomaliesState) {
    if (state === undefined) return
    this.sequences.set(state.sequences)
    this.counts.set(state.counts)
  }

  /** False where it was heard before. */
  accept(sourceShard: number, { ordinal, sourceSequence }: TravellingAnomaly): boolean {
    const heard = this.sequences[sourceShard] as number
    if (sourceSequence < heard || (sourceSequence === heard && ordinal < (this.counts[sourceShard] as number))) {
      return false
    }
    this.sequences[sourceShard] = sourceSequence
    this.counts[sourceShard] = ordinal + 1
    return true
  }

  get state(): HeardAnomaliesState {
    return { sequences: Array.from(this.sequences), counts: Array.from(this.counts) }
  }
}

/** By how much it changes the number of anomalies that are open. */
export const openedBy = ({ closed, revision }: TravellingAnomaly): number =>
  (revision === 0 ? 1 : 0) - (closed === null ? 0 : 1)

export const anomalyEvent = (found: TravellingAnomaly): CityEvent => {
  const id = anomalyId(found.sensorId, observedProperties[found.property]?.name ?? "", found.opened)
  return {
    id: `${id}:r${found.revision}`,
    type: "anomaly",
    district: found.district ?? "",
    sensor: found.sensorId,
    time: found.foundAt,
    source: sensorSource(found.sensorId),
    data: shownAnomaly(found)
  }
}
