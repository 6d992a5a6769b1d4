/**
 * Observations that are hard on a city: half of the datastreams are live, half tell of a past that runs faster than the clock, so that windows
 * close all the time; some come twice, out of order, corrected or too late, some results are far from all others, and sensors move. What is
 * drawn follows from the seed and the clock.
 */
import { shardOf } from "../src/schemas/Shards.ts"
import { observationKey } from "./OnePass.ts"
import { randomNumbers } from "./Random.ts"

export interface ChaosObservation {
  readonly index: number
  readonly phenomenonTime: number
  readonly result: number
  readonly location: string
  /** As it is sent. */
  readonly json: string
}

export interface ChaosObservationsOptions {
  readonly seed: number
  readonly datastreams: number
  /** Milliseconds the load is going to last: so long before now the past begins, times its speed. */
  readonly millis: number
  readonly begun: number
}

const properties = ["temperature", "pm2_5", "vehicle_speed", "noise"] as const
const pastSpeed = 30
const lateByMillis = 900_000
const outOfOrderMillis = 15_000
/** Of the properties that may be so high; all else lies between 0 and 40. */
const spike = 290
const spiking: ReadonlyArray<string> = ["pm2_5", "vehicle_speed"]
const spikeShare = 0.01

export const chaosSensor = (index: number): string => `chaos-${index}`

const json = (
  index: number,
  property: string,
  times: { readonly phenomenonTime: number; readonly resultTime?: number },
  result: number,
  location: string
): string =>
  `{"sensorId":"${chaosSensor(index)}","property":"${property}",`
  + `"phenomenonTime":"${new Date(times.phenomenonTime).toISOString()}",`
  + (times.resultTime === undefined ? "" : `"resultTime":"${new Date(times.resultTime).toISOString()}",`)
  + `"result":${result},"location":{"type":"Point","coordinates":${location}}}`

/** What one of several senders sends: each has datastreams of its own, and all of them in turn. */
export class ChaosObservations {
  private readonly options: ChaosObservationsOptions
  private readonly sender: number
  private readonly senders: number
  private readonly random: () => number
  private turn = 0
  private before: ReadonlyArray<ChaosObservation> = []

  constructor(options: ChaosObservationsOptions, sender: number, senders: number) {
    this.options = options
    this.sender = sender
    this.senders = senders
    this.random = randomNumbers(options.seed * 1_000 + sender)
  }

  next(count: number): ReadonlyArray<ChaosObservation> {
    const { random } = this
    const observations = Array.from({ length: count }, () => {
      const again = this.before[Math.floor(random() * this.before.length)]
      const drawn = random()
      if (again !== undefined && drawn < 0.03) return again
      if (again !== undefined && drawn < 0.05) return this.corrected(again)
      return this.observation(drawn < 0.06 ? lateByMillis : drawn < 0.1 ? random() * outOfOrderMillis : 0)
    })
    this.before = observations
    return observations
  }

  private observation(behindMillis: number): ChaosObservation {
    const { begun, datastreams, millis } = this.options
    const own = Math.ceil((datastreams - this.sender) / this.senders)
    const nth = this.turn++ % own
    const index = nth * this.senders + this.sender
    const now = Date.now()
    const past = now - millis * pastSpeed + (now - begun) * (pastSpeed - 1)
    const phenomenonTime = Math.floor((nth % 2 === 0 ? now : Math.min(past, now)) - behindMillis)
    const moves = nth % 9 === 0 ? this.random() * 0.02 : 0
    const location = `[${24.9 + (index % 7) * 0.01 + moves},${60.17 + (index % 5) * 0.01}]`
    return this.made(index, { phenomenonTime }, location)
  }

  private corrected({ index, location, phenomenonTime }: ChaosObservation): ChaosObservation {
    return this.made(index, { phenomenonTime, resultTime: Date.now() }, location)
  }

  private made(
    index: number,
    times: { readonly phenomenonTime: number; readonly resultTime?: number },
    location: string
  ): ChaosObservation {
    const property = propertyOf(index, this.senders)
    const isSpike = spiking.includes(property) && this.random() < spikeShare
    const result = isSpike ? spike : Math.round(this.random() * 4_000) / 100
    return {
      index,
      phenomenonTime: times.phenomenonTime,
      result,
      location,
      json: json(index, property, times, result, location)
    }
  }
}

/** Live and past datastreams have every property. */
const propertyOf = (index: number, senders: number): string =>
  properties[(Math.floor(index / senders) >> 1) % properties.length] as string

/** The keys of observations of one shard: numbers, as there are millions. */
class Keys implements Iterable<string> {
  private numbers = new Float64Array(3 * 1_024)
  private count = 0
  private readonly senders: number

  constructor(senders: number) {
    this.senders = senders
  }

  add({ index, phenomenonTime, result }: ChaosObservation): void {
    if (3 * this.count === this.numbers.length) {
      const grown = new Float64Array(2 * this.numbers.length)
      grown.set(this.numbers)
      this.numbers = grown
    }
    this.numbers.set([index, phenomenonTime, result], 3 * this.count++)
  }

  *[Symbol.iterator](): Iterator<string> {
    for (let i = 0; i < 3 * this.count; i += 3) {
      const [index = 0, time = 0, result = 0] = this.numbers.subarray(i, i + 3)
      yield observationKey(`${chaosSensor(index)} ${propertyOf(index, this.senders)}`, time, result)
    }
  }
}

/** What was acknowledged, by shard. */
export class AcknowledgedObservations {
  readonly byShard = new Map<number, Iterable<string>>()
  /** Repeats included. */
  total = 0
  private readonly keys: ReadonlyArray<Keys>
  private readonly shards: Uint8Array

  constructor(datastreams: number, senders: number) {
    this.shards = Uint8Array.from({ length: datastreams }, (_, index) => shardOf(chaosSensor(index)))
    this.keys = Array.from({ length: 256 }, () => new Keys(senders))
  }

  add(observation: ChaosObservation): void {
    const shard = this.shards[observation.index] as number
    const keys = this.keys[shard] as Keys
    if (!this.byShard.has(shard)) this.byShard.set(shard, keys)
    keys.add(observation)
    this.total++
  }
}
