/**
 * Pages of the sensors of a shard from a view of the latest values. Promise: for the same state the same page as the shard's own
 * (`SensorShardQueries.sensors`), byte for byte and with the same `next`, whatever the filter: a caller may go from one to the
 * other within a list and gets every sensor once.
 */
import { Effect } from "effect"
import { type LatestBlocks, type LatestViewService, LatestViewUnavailable } from "../ports/LatestView.ts"
import {
  type BlockFacts,
  blockSensors,
  type BlockValues,
  decodeFacts,
  decodeValues,
  healthNumber,
  healthOfNumber
} from "../schemas/LatestBlock.ts"
import { observedProperty } from "../schemas/ObservedProperties.ts"
import { isInBox, scannedMax, type SensorFilter, type ShardSensorPage } from "../schemas/SensorFilter.ts"
import { latestText, sensorText } from "../schemas/SensorText.ts"

/** Blocks of one read where a filter leaves open how many are needed: 4,096 sensors, below a megabyte. */
const blocksPerRead = 64

/** `undefined` where the view has nothing fresh of the shard, or less than the caller has seen already. */
export const pageFrom = Effect.fnUntraced(function*(
  view: LatestViewService,
  shard: number,
  from: number,
  limit: number,
  filter: SensorFilter
) {
  const items: Array<string> = []
  const isFiltered = Object.keys(filter).length > 0
  const scannedTo = from + scannedMax
  let number = from
  while (true) {
    const first = Math.floor(number / blockSensors)
    const wanted = isFiltered ? blocksPerRead : Math.ceil((number + limit - items.length) / blockSensors) - first
    const read = yield* view.read(shard, first, Math.min(blocksPerRead, wanted))
    if (read === undefined || (number > 0 && number >= read.sensors)) return undefined
    const end = Math.min(read.sensors, scannedTo, (first + read.blocks.length) * blockSensors)
    const scanned = yield* Effect.try({
      try: () => scan(read, first, number, end, limit, filter, items),
      catch: (error) =>
        new LatestViewUnavailable({ detail: `a block of shard ${shard} cannot be read: ${String(error)}` })
    })
    const isOver = scanned >= read.sensors || scanned >= scannedTo || items.length >= limit
    if (!isOver && scanned <= number) return undefined
    number = scanned
    if (isOver) return page(items, number < read.sensors ? number : null)
  }
})

const page = (items: ReadonlyArray<string>, next: number | null): ShardSensorPage => ({
  sensors: items.length,
  json: items.join(","),
  next
})

/** Adds what passes to `items`; the number of the first sensor that was not looked at. */
const scan = (
  { blocks }: LatestBlocks,
  first: number,
  from: number,
  end: number,
  limit: number,
  filter: SensorFilter,
  items: Array<string>
): number => {
  const passes = passing(filter)
  let number = from
  for (const [i, block] of blocks.entries()) {
    const start = (first + i) * blockSensors
    if (number >= end || items.length >= limit) break
    const facts = decodeFacts(block.facts)
    const values = decodeValues(block.values, facts)
    let at = 0
    for (let entry = 0; entry < facts.id.length; entry++) {
      const datastreams = facts.properties[entry]?.length ?? 0
      if (start + entry >= number && number < end && items.length < limit) {
        if (passes(facts, values, entry)) items.push(textOf(facts, values, entry, at))
        number++
      }
      at += datastreams
    }
  }
  return number
}

/** The filter, with its words looked up once. */
const passing = ({ bbox, district, health, property }: SensorFilter) => {
  const propertyNumber = property === undefined ? undefined : observedProperty(property)?.number ?? -1
  const wanted = health === undefined ? undefined : healthNumber(health)
  return (facts: BlockFacts, values: BlockValues, entry: number): boolean =>
    (propertyNumber === undefined || (facts.properties[entry]?.includes(propertyNumber) ?? false))
    && (wanted === undefined || values.health[entry] === wanted)
    && (district === undefined || facts.district[entry] === district)
    && (bbox === undefined || isInBox(bbox, facts.longitude[entry] ?? null, facts.latitude[entry] ?? null))
}

/** The sensor of an entry, whose datastreams begin at `at`. */
const textOf = (facts: BlockFacts, values: BlockValues, entry: number, at: number): string => {
  let latest = ""
  for (const [i, property] of (facts.properties[entry] ?? []).entries()) {
    const time = values.time[at + i] as number
    if (Number.isNaN(time)) continue
    const value = latestText(property, time, values.result[at + i] as number)
    latest = latest === "" ? value : `${latest},${value}`
  }
  const sensor = {
    id: facts.id[entry] as string,
    name: facts.name[entry] as string,
    longitude: facts.longitude[entry] ?? null,
    latitude: facts.latitude[entry] ?? null,
    district: facts.district[entry] ?? null
  }
  return sensorText(sensor, healthOfNumber(values.health[entry] as number), latest)
}
