/** The load of the benchmarks: sensors that report in random order, in districts or in none, from a seed. */
import { BatchWriter } from "../src/schemas/BatchWriter.ts"
import { observedProperty } from "../src/schemas/ObservedProperties.ts"
import { encodeTick } from "../src/schemas/Records.ts"
import { shardOf, shards } from "../src/schemas/Shards.ts"
import { randomNumbers } from "../stack/Random.ts"

interface WorkloadOptions {
  readonly datastreams: number
  /** Observations of each datastream. */
  readonly rounds: number
  /** Milliseconds of event time between two observations of a datastream. */
  readonly intervalMillis: number
  /** How often it reports in a round, evenly spread over it, `intervalMillis` being the round; once where not given. */
  readonly reportsPerRound?: number
  /** How many a sensor has; two where not given. */
  readonly datastreamsPerSensor?: 1 | 2
  /** Sensor `i` is in district `i` modulo so many; in none where not given. */
  readonly districts?: number
  /**
   * After each round the clock ticks, and after the last one until every window of a district is final; `history`: ticks of the past, after
   * which nobody waits for what is provisional.
   */
  readonly ticks?: "live" | "history"
}

const batchObservations = 100
const producer = "bench"
/** Some Monday 00:00 UTC. */
export const startOfTime = Date.UTC(2026, 8, 7)

const speed = observedProperty("vehicle_speed")?.number ?? 0
const flow = observedProperty("vehicle_flow")?.number ?? 0

const sensorIds = (sensors: number): ReadonlyArray<string> =>
  Array.from({ length: sensors }, (_, i) => `detector-${i.toString(36).padStart(5, "0")}`)

interface Reporting {
  readonly id: string
  readonly property: number
  readonly district: string | undefined
}

/** By shard; where a sensor has one datastream, every other one is a speed. */
const reporting = ({ datastreams, datastreamsPerSensor: each = 2, districts }: WorkloadOptions) => {
  const ofShard = new Map<number, Array<Reporting>>(shards.map((shard) => [shard, []]))
  for (const [i, id] of sensorIds(datastreams / each).entries()) {
    const district = districts === undefined ? undefined : `district-${(i % districts).toString().padStart(4, "0")}`
    const properties = each === 2 ? [speed, flow] : [Math.floor(i / (districts ?? 1)) % 2 === 0 ? speed : flow]
    for (const property of properties) ofShard.get(shardOf(id))?.push({ id, property, district })
  }
  return ofShard
}

const minute = 60_000
/** Lateness and transport: the newest window is final so long after its end. */
const finalMinutes = 10

type Emit = (shard: number, payload: Uint8Array) => void

/** A load that goes on round by round, as a live city would have it: every datastream once a round, shard by shard. */
export const makeLoad = (options: WorkloadOptions) => {
  const random = randomNumbers(42)
  const ofShard = reporting(options)
  const writer = new BatchWriter()
  const sequences = new Map(shards.map((shard) => [shard, 0]))
  const { intervalMillis, reportsPerRound = 1 } = options
  let rounds = 0
  const flush = (shard: number, receivedAt: number, emit: Emit): void => {
    const producerSequence = (sequences.get(shard) ?? 0) + 1
    sequences.set(shard, producerSequence)
    emit(shard, writer.take({ receivedAt, source: "bench", producer, producerSequence, districtSetVersion: 0 }))
  }
  const tick = (at: number, emit: Emit): void => {
    for (const shard of shards) emit(shard, encodeTick(at, options.ticks === "history"))
  }
  return {
    /** The clock ticks before there is any sensor: the windows before are nobody's. */
    begin: (emit: Emit): void => tick(startOfTime, emit),
    round: (emit: Emit): void => {
      const from = startOfTime + rounds++ * intervalMillis
      const receivedAt = from + intervalMillis
      const spanMillis = intervalMillis / reportsPerRound
      for (const [shard, datastreams] of ofShard) {
        for (let report = 0; report < reportsPerRound; report++) {
          shuffle(datastreams, random)
          for (const { district, id, property } of datastreams) {
            const time = from + Math.floor((report + random()) * spanMillis)
            writer.add(id, property, time, NaN, 40 + 20 * random(), district, undefined)
            if (writer.count === batchObservations) flush(shard, receivedAt, emit)
          }
        }
        if (writer.count > 0) flush(shard, receivedAt, emit)
        if (options.ticks !== undefined) emit(shard, encodeTick(receivedAt, options.ticks === "history"))
      }
    },
    /** The time after the last round. */
    rest: (emit: Emit): void => {
      const end = startOfTime + rounds * intervalMillis
      for (let at = 1; at <= finalMinutes; at++) tick(end + at * minute, emit)
    }
  }
}

/** Calls `emit` with every batch of all rounds. */
export const generate = (options: WorkloadOptions, emit: Emit): void => {
  const load = makeLoad(options)
  if (options.ticks !== undefined) load.begin(emit)
  for (let round = 0; round < options.rounds; round++) load.round(emit)
  if (options.ticks !== undefined) load.rest(emit)
}

/** In place (Fisher–Yates). */
export const shuffle = <A>(items: Array<A>, random: () => number): void => {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const item = items[i] as A
    items[i] = items[j] as A
    items[j] = item
  }
}
