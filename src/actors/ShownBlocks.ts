/**
 * What of a sensor shard a view of the latest values does not have yet. Promises: the state is only read; what `take` gave once
 * it gives again only when it has changed, or when everything is wanted. Hot where a city is large: once a second for every
 * sensor, health included, because that changes with time alone.
 */
import * as Slab from "../analytics/DatastreamSlab.ts"
import type { LatestChange } from "../ports/LatestView.ts"
import { blockSensors, encodeFacts, healthNumber, newValues, valuesIn } from "../schemas/LatestBlock.ts"
import { worstHealth } from "./SensorShardQueries.ts"
import type { SensorShard } from "./SensorStage.ts"

export class ShownBlocks {
  readonly shard: SensorShard
  /** Values of each block as they were given last. */
  private readonly given: Array<Uint8Array> = []
  private factsSeen = 0

  constructor(shard: SensorShard) {
    this.shard = shard
  }

  take(isWhole: boolean): ReadonlyArray<LatestChange> {
    const { directory, facts } = this.shard
    const changes: Array<LatestChange> = []
    const seen = isWhole ? -1 : this.factsSeen
    this.factsSeen = facts.changesCounted
    for (let block = 0; block * blockSensors < directory.sensors; block++) {
      const isNew = isWhole || facts.changedSince(block, seen)
      const values = this.valuesOf(block)
      const before = this.given[block]
      const isOther = isWhole || before === undefined || !areEqual(before, values)
      if (isOther) this.given[block] = values
      if (isNew || isOther) {
        changes.push({ block, facts: isNew ? this.factsOf(block) : undefined, values: isOther ? values : undefined })
      }
    }
    return changes
  }

  private end(block: number): number {
    return Math.min((block + 1) * blockSensors, this.shard.directory.sensors)
  }

  private valuesOf(block: number): Uint8Array {
    const { directory, hourOfWeek, streams: { slab } } = this.shard
    const end = this.end(block)
    const sensors = end - block * blockSensors
    const slots: Array<ReadonlyArray<number>> = []
    let datastreams = 0
    for (let sensor = block * blockSensors; sensor < end; sensor++) {
      const ofSensor = directory.slotsOf(sensor)
      slots.push(ofSensor)
      datastreams += ofSensor.length
    }
    const bytes = newValues(datastreams, sensors)
    const { health, result, time } = valuesIn(bytes, datastreams, sensors)
    let at = 0
    for (const [i, ofSensor] of slots.entries()) {
      health[i] = healthNumber(worstHealth(this.shard, ofSensor, hourOfWeek))
      for (const slot of ofSensor) {
        const words = slab.record(slot)
        const record = slab.at(slot)
        time[at] = words[record + Slab.lastTime] as number
        result[at] = words[record + Slab.lastResult] as number
        at++
      }
    }
    return bytes
  }

  private factsOf(block: number): Uint8Array {
    const { directory } = this.shard
    const rows = Array.from(
      { length: this.end(block) - block * blockSensors },
      (_, i) => this.shard.sensorRow(block * blockSensors + i)
    )
    return encodeFacts({
      id: rows.map((row) => row.sensorId),
      name: rows.map((row) => row.name),
      longitude: rows.map((row) => row.longitude),
      latitude: rows.map((row) => row.latitude),
      district: rows.map((row) => row.district),
      properties: rows.map((row) => directory.slotsOf(row.number).map((slot) => directory.propertyOf(slot)))
    })
  }
}

/** Blocks begin buffers of their own, so whole words can be compared. */
const areEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  const words = a.length >> 2
  const left = new Int32Array(a.buffer, 0, words)
  const right = new Int32Array(b.buffer, 0, words)
  for (let i = 0; i < words; i++) if (left[i] !== right[i]) return false
  for (let i = 4 * words; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
