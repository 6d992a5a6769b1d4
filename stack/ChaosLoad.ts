/**
 * Load that is hard on a city, over HTTP: half of the datastreams are live, half tell of a past that runs faster than the clock, so that
 * windows close all the time; some observations come twice, out of order, corrected or too late, and sensors move. Promises: a
 * request is sent again until it is answered with 202, as the API asks of clients; what was acknowledged is remembered, by shard. What is sent
 * follows from the seed and the clock.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { shardOf } from "../src/schemas/Shards.ts"
import { ask } from "./Load.ts"
import { observationKey } from "./OnePass.ts"
import { randomNumbers } from "./Random.ts"

export interface ChaosLoadOptions {
  readonly seed: number
  /** Observations a second. */
  readonly rate: number
  readonly datastreams: number
  /** Milliseconds the load is going to last: so long before now the past begins, times its speed. */
  readonly millis: number
  readonly ingest: string
  readonly api: string
}

interface Sent {
  readonly sensorId: string
  readonly property: string
  readonly phenomenonTime: string
  readonly resultTime?: string
  readonly result: number
  readonly location: { readonly type: "Point"; readonly coordinates: ReadonlyArray<number> }
}

/** How long a question waited for its answer, and what had been done to the city last when it was asked. */
export interface Wait {
  readonly after: string
  readonly millis: number
}

const properties = ["temperature", "pm2_5", "vehicle_speed", "noise"] as const
const pastSpeed = 30
const perRequest = 200
const senders = 4
const askers = 3
const pauseMillis = 100
const lateByMillis = 900_000
const outOfOrderMillis = 15_000

export class ChaosLoad {
  /** Keys of the acknowledged observations, by shard. */
  readonly acknowledged = new Map<number, Array<string>>()
  /** Acknowledged, repeats included. */
  total = 0
  /** Answers other than 202, by status; 0: none came. */
  readonly refused = new Map<number, number>()
  /** Observations the door did not take, or requests it will never take: the load is wrong then. */
  readonly rejected: Array<string> = []
  readonly waits: Array<Wait> = []
  after = "nothing"
  private running = true
  private readonly begun = Date.now()
  private readonly options: ChaosLoadOptions
  private readonly done: Promise<unknown>

  constructor(options: ChaosLoadOptions) {
    this.options = options
    this.done = Promise.all([
      ...Array.from({ length: senders }, (_, number) => this.send(number)),
      ...Array.from({ length: askers }, (_, number) => this.ask(number))
    ])
  }

  /** Succeeds when what was begun is acknowledged and answered. */
  async stop(): Promise<void> {
    this.running = false
    await this.done
  }

  /** Each sender has datastreams of its own, and all of them in turn. */
  private async send(number: number): Promise<void> {
    const { datastreams, rate, seed } = this.options
    const random = randomNumbers(seed * 1_000 + number)
    const intervalMillis = 1_000 * perRequest * senders / rate
    let turn = 0
    let before: ReadonlyArray<Sent> = []
    for (let due = performance.now(); this.running; due = Math.max(due + intervalMillis, performance.now() - 1_000)) {
      await sleep(Math.max(0, due - performance.now()))
      const observations = Array.from({ length: perRequest }, () => {
        const again = before[Math.floor(random() * before.length)]
        const drawn = random()
        if (again !== undefined && drawn < 0.03) return again
        if (again !== undefined && drawn < 0.05) return corrected(again, random)
        const index = (turn++ * senders + number) % datastreams
        return this.observation(index, drawn < 0.06 ? lateByMillis : drawn < 0.1 ? random() * outOfOrderMillis : 0, random)
      })
      before = observations
      await this.deliver(observations)
    }
  }

  private observation(index: number, behindMillis: number, random: () => number): Sent {
    const now = Date.now()
    const past = now - this.options.millis * pastSpeed + (now - this.begun) * (pastSpeed - 1)
    const time = (index % 2 === 0 ? now : Math.min(past, now)) - behindMillis
    const moves = index % 10 === 0 ? random() * 0.02 : 0
    return {
      sensorId: `chaos-${index}`,
      property: properties[index % properties.length] as string,
      phenomenonTime: new Date(time).toISOString(),
      result: Math.round(random() * 4_000) / 100,
      location: { type: "Point", coordinates: [24.9 + (index % 7) * 0.01 + moves, 60.17 + (index % 5) * 0.01] }
    }
  }

  private async deliver(observations: ReadonlyArray<Sent>): Promise<void> {
    const body = observations.map((observation) => JSON.stringify(observation)).join("\n")
    const init = { method: "POST", headers: { "content-type": "application/x-ndjson" }, body }
    while (true) {
      const answer = await ask(`${this.options.ingest}/v1/observations`, init)
      if (answer.status === 202) return this.remember(observations, answer.body)
      this.refused.set(answer.status, (this.refused.get(answer.status) ?? 0) + 1)
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
        this.rejected.push(answer.body)
        return
      }
      await sleep(pauseMillis)
    }
  }

  private remember(observations: ReadonlyArray<Sent>, body: string): void {
    const { rejected } = JSON.parse(body) as { readonly rejected: ReadonlyArray<{ readonly index: number }> }
    const left = new Set(rejected.map(({ index }) => index))
    if (left.size > 0) this.rejected.push(body)
    for (const [index, { phenomenonTime, property, result, sensorId }] of observations.entries()) {
      if (left.has(index)) continue
      const shard = shardOf(sensorId)
      const keys = this.acknowledged.get(shard) ?? []
      this.acknowledged.set(shard, keys)
      keys.push(observationKey(sensorId, property, Date.parse(phenomenonTime), result))
      this.total++
    }
  }

  /** Asks for one sensor after the other, each until it is answered; one that was not heard of yet is answered, too. */
  private async ask(number: number): Promise<void> {
    const random = randomNumbers(this.options.seed * 1_000 + 500 + number)
    while (this.running) {
      const url = `${this.options.api}/v1/sensors/chaos-${Math.floor(random() * this.options.datastreams)}`
      const { after } = this
      const askedAt = performance.now()
      while (this.running && ![200, 404].includes((await ask(url)).status)) await sleep(pauseMillis)
      this.waits.push({ after, millis: performance.now() - askedAt })
      await sleep(pauseMillis)
    }
  }
}

const corrected = (observation: Sent, random: () => number): Sent => ({
  ...observation,
  resultTime: new Date().toISOString(),
  result: Math.round(random() * 4_000) / 100
})
