/** Answers from the state of one shard, as the API shows them. Read only. */
import { healthAt } from "../analytics/DatastreamHealth.ts"
import type { Datastreams } from "../analytics/Datastreams.ts"
import * as Slab from "../analytics/DatastreamSlab.ts"
import * as Summary from "../analytics/Summary.ts"
import { type Baseline, hoursOfWeek } from "../schemas/Baseline.ts"
import { healthNumber } from "../schemas/LatestBlock.ts"
import { observedProperties, type ObservedProperty, observedProperty } from "../schemas/ObservedProperties.ts"
import { Latitude, Longitude, type Point, toRfc3339 } from "../schemas/Quantities.ts"
import type { DatastreamCounts, LatestValue, Sensor, SensorDetail, SensorHealth } from "../schemas/Sensor.ts"
import { isInBox, scannedMax, type SensorFilter, type ShardSensorPage } from "../schemas/SensorFilter.ts"
import { latestText, sensorText } from "../schemas/SensorText.ts"
import { type Window, type WindowSize, windowSizes } from "../schemas/Window.ts"
import type { SensorShard } from "./SensorStage.ts"

const propertyOf = (shard: SensorShard, slot: number): ObservedProperty =>
  observedProperties[shard.directory.propertyOf(slot)] as ObservedProperty

const word = (streams: Datastreams, slot: number, name: number): number =>
  streams.slab.record(slot)[streams.slab.at(slot) + name] as number

const latestOf = (shard: SensorShard, slot: number): LatestValue | undefined => {
  const time = word(shard.streams, slot, Slab.lastTime)
  if (time !== time) return undefined
  const property = propertyOf(shard, slot)
  return {
    property: property.name,
    phenomenonTime: toRfc3339(time),
    result: word(shard.streams, slot, Slab.lastResult),
    unit: property.unit
  }
}

/** Of a datastream at the newest tick. */
const healthOf = (shard: SensorShard, slot: number): SensorHealth =>
  healthAt(shard.streams.slab, slot, shard.hourOfWeek, shard.tickedTo)

/** The worst of the datastreams of a sensor, at `hourOfWeek` of the shard; `ok` where it has none. */
export const worstHealth = (shard: SensorShard, slots: ReadonlyArray<number>, hourOfWeek: number): SensorHealth => {
  let worst: SensorHealth = "ok"
  for (const slot of slots) {
    const health = healthAt(shard.streams.slab, slot, hourOfWeek, shard.tickedTo)
    if (health !== worst && healthNumber(health) < healthNumber(worst)) worst = health
  }
  return worst
}

const healthOfSensor = (shard: SensorShard, number: number): SensorHealth =>
  worstHealth(shard, shard.directory.slotsOf(number), shard.hourOfWeek)

const pointOf = (longitude: number | null, latitude: number | null): Point | null =>
  longitude === null || latitude === null
    ? null
    : { type: "Point", coordinates: [Longitude.make(longitude), Latitude.make(latitude)] }

/** A sensor by its number in the shard. */
export const sensor = (shard: SensorShard, number: number): Sensor => {
  const row = shard.sensorRow(number)
  const latest: Array<LatestValue> = []
  for (const slot of shard.directory.slotsOf(number)) {
    const value = latestOf(shard, slot)
    if (value !== undefined) latest.push(value)
  }
  return {
    id: row.sensorId,
    name: row.name,
    location: pointOf(row.longitude, row.latitude),
    district: row.district,
    health: healthOfSensor(shard, number),
    latest
  }
}

const countsOf = (shard: SensorShard, slot: number): DatastreamCounts => {
  const get = (name: number): number => word(shard.streams, slot, name)
  const mark = get(Slab.watermark)
  return {
    property: propertyOf(shard, slot).name,
    health: healthOf(shard, slot),
    counted: get(Slab.counted),
    duplicate: get(Slab.duplicate),
    superseded: get(Slab.superseded),
    late: get(Slab.late),
    overflow: get(Slab.overflow),
    watermark: Number.isFinite(mark) ? toRfc3339(mark) : null
  }
}

/** One sensor, whole; `undefined` where the shard does not have it. */
export const detail = (shard: SensorShard, sensorId: string): SensorDetail | undefined => {
  const number = shard.directory.sensorOf(sensorId)
  if (number < 0) return undefined
  return {
    ...sensor(shard, number),
    datastreams: shard.directory.slotsOf(number).map((slot) => countsOf(shard, slot))
  }
}

/** The slot of a sensor's property; −1 without the sensor, −2 without the property. */
export const slotOf = (shard: SensorShard, sensorId: string, property: string): number => {
  const number = shard.directory.sensorOf(sensorId)
  if (number < 0) return -1
  const slot = shard.directory.slotOfSensor(number, observedProperty(property)?.number ?? -1)
  return slot < 0 ? -2 : slot
}

/** Sealed windows of a slot that may not be in the store yet. */
const recentlySealed = (
  { handedOver, sealed }: Datastreams,
  slot: number,
  property: string,
  size: number
): ReadonlyArray<Window> =>
  [handedOver, sealed].flatMap((columns) => {
    const windows: Array<Window> = []
    for (let i = 0; i < columns.length; i++) {
      if (columns.slot[i] !== slot || columns.size[i] !== size) continue
      const start = columns.start[i] as number
      windows.push({
        property,
        start: toRfc3339(start),
        end: toRfc3339(start + size),
        count: columns.count[i] as number,
        mean: columns.mean[i] as number,
        variance: columns.variance[i] as number,
        min: columns.min[i] as number,
        max: columns.max[i] as number,
        last: columns.last[i] as number,
        revision: 0,
        final: true
      })
    }
    return windows
  })

/** Windows that are still open, behind those that are sealed and may not be stored yet; ascending by start. */
export const openWindows = (shard: SensorShard, slot: number, size: WindowSize): ReadonlyArray<Window> => {
  const { aggregation, name } = propertyOf(shard, slot)
  const millis = windowSizes[size]
  const windows: Array<Window> = [...recentlySealed(shard.streams, slot, name, millis)]
  shard.streams.openWindows(slot, millis, (words) => {
    const start = words[Summary.start] as number
    windows.push({
      property: name,
      start: toRfc3339(start),
      end: toRfc3339(start + millis),
      count: words[Summary.count] as number,
      mean: Summary.reportedMean(words, 0, aggregation),
      variance: Summary.reportedVariance(words, 0, aggregation),
      min: words[Summary.min] as number,
      max: words[Summary.max] as number,
      last: words[Summary.last] as number,
      revision: 0,
      final: false
    })
  })
  return windows
}

export const baseline = (shard: SensorShard, slot: number): Baseline => {
  const property = propertyOf(shard, slot)
  return {
    property: property.name,
    unit: property.unit,
    timeZone: shard.settings.timeZone,
    hours: Array.from({ length: hoursOfWeek }, (_, hourOfWeek) => {
      const bin = shard.streams.bin(slot, hourOfWeek)
      return bin === undefined ? [] : [{
        hourOfWeek,
        location: bin.centre,
        scale: Number.isNaN(bin.spread) ? null : bin.spread,
        weeks: bin.weeks
      }]
    }).flat()
  }
}

const matches = (shard: SensorShard, number: number, filter: SensorFilter): boolean => {
  if (filter.property !== undefined) {
    if (shard.directory.slotOfSensor(number, observedProperty(filter.property)?.number ?? -1) < 0) return false
  }
  if (filter.health !== undefined && healthOfSensor(shard, number) !== filter.health) return false
  if (filter.district === undefined && filter.bbox === undefined) return true
  const row = shard.sensorRow(number)
  if (filter.district !== undefined && row.district !== filter.district) return false
  if (filter.bbox === undefined) return true
  return isInBox(filter.bbox, row.longitude, row.latitude)
}

/** As `sensor`, in JSON. */
const textOf = (shard: SensorShard, number: number): string => {
  const { directory, streams } = shard
  const { district, latitude, longitude, name, sensorId } = shard.sensorRow(number)
  const slots = directory.slotsOf(number)
  let latest = ""
  for (const slot of slots) {
    const time = word(streams, slot, Slab.lastTime)
    if (time !== time) continue
    const value = latestText(directory.propertyOf(slot), time, word(streams, slot, Slab.lastResult))
    latest = latest === "" ? value : `${latest},${value}`
  }
  const health = worstHealth(shard, slots, shard.hourOfWeek)
  return sensorText({ id: sensorId, name, longitude, latitude, district }, health, latest)
}

/** Sensors numbered `from` and up that pass the filter; may end early with fewer than `limit` and a `next` to go on from. */
export const sensors = (shard: SensorShard, from: number, limit: number, filter: SensorFilter): ShardSensorPage => {
  const items: Array<string> = []
  const end = Math.min(shard.directory.sensors, from + scannedMax)
  let number = from
  while (number < end && items.length < limit) {
    if (matches(shard, number, filter)) items.push(textOf(shard, number))
    number++
  }
  return { sensors: items.length, json: items.join(","), next: number < shard.directory.sensors ? number : null }
}
