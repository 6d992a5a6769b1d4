/** The load of the benchmarks: sensors with two datastreams each that report in random order, from a seed. */
import { BatchWriter } from "../src/schemas/BatchWriter.ts"
import { observedProperty } from "../src/schemas/ObservedProperties.ts"
import { shardOf, shards } from "../src/schemas/Shards.ts"

export interface WorkloadOptions {
  readonly datastreams: number
  /** Observations of each datastream. */
  readonly rounds: number
  /** Milliseconds of event time between two observations of a datastream. */
  readonly intervalMillis: number
}

export const batchObservations = 100
const producer = "bench"
/** Some Monday 00:00 UTC. */
export const startOfTime = Date.UTC(2026, 8, 7)

/** Linear congruential generator (Numerical Recipes). */
export const randomNumbers = (seed: number): () => number => {
  let state = seed
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}

const speed = observedProperty("vehicle_speed")?.number ?? 0
const flow = observedProperty("vehicle_flow")?.number ?? 0

export const sensorIds = (datastreams: number): ReadonlyArray<string> =>
  Array.from({ length: datastreams / 2 }, (_, i) => `detector-${i.toString(36).padStart(5, "0")}`)

type Emit = (shard: number, payload: Uint8Array) => void

/** A load that goes on round by round, as a live city would have it: every datastream once a round, shard by shard. */
export const makeLoad = (options: WorkloadOptions) => {
  const random = randomNumbers(42)
  const ofShard = new Map<number, Array<readonly [id: string, property: number]>>(shards.map((shard) => [shard, []]))
  for (const id of sensorIds(options.datastreams)) ofShard.get(shardOf(id))?.push([id, speed], [id, flow])
  const writer = new BatchWriter()
  const sequences = new Map(shards.map((shard) => [shard, 0]))
  let rounds = 0
  const flush = (shard: number, receivedAt: number, emit: Emit): void => {
    const producerSequence = (sequences.get(shard) ?? 0) + 1
    sequences.set(shard, producerSequence)
    emit(shard, writer.take({ receivedAt, source: "bench", producer, producerSequence, districtSetVersion: 0 }))
  }
  return {
    round: (emit: Emit): void => {
      const from = startOfTime + rounds++ * options.intervalMillis
      const receivedAt = from + options.intervalMillis
      for (const [shard, datastreams] of ofShard) {
        shuffle(datastreams, random)
        for (const [id, property] of datastreams) {
          const time = from + Math.floor(random() * options.intervalMillis)
          writer.add(id, property, time, NaN, 40 + 20 * random(), undefined, undefined)
          if (writer.count === batchObservations) flush(shard, receivedAt, emit)
        }
        if (writer.count > 0) flush(shard, receivedAt, emit)
      }
    }
  }
}

/** Calls `emit` with every batch of all rounds. */
export const generate = (options: WorkloadOptions, emit: Emit): void => {
  const load = makeLoad(options)
  for (let round = 0; round < options.rounds; round++) load.round(emit)
}

const shuffle = <A>(items: Array<A>, random: () => number): void => {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const item = items[i] as A
    items[i] = items[j] as A
    items[j] = item
  }
}
