/**
 * Whether a city answers for every shard: a sensor of each is asked for again and again. Promises: a good answer is a 200; an *outage* is the
 * time from one good answer to the next where an answer in between was none, or came after more than a second; one that is not
 * over at the end lasts until then.
 */
import { Agent, get } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { shardOf, shards } from "../src/schemas/Shards.ts"

export interface Outage {
  readonly shard: number
  /** When it showed, and how long it lasted: milliseconds of `performance.now()`. */
  readonly shownAt: number
  readonly millis: number
}

const everyMillis = 240
const slowMillis = 1_000
const limitMillis = 20_000

/** Status 0: no answer came. */
const statusOf = (url: string, agent: Agent): Promise<number> =>
  new Promise((resolve) => {
    const request = get(url, { agent, timeout: limitMillis }, (response) => {
      response.resume()
      response.on("close", () => resolve(response.complete ? response.statusCode ?? 0 : 0))
    })
    request.on("timeout", () => request.destroy())
    request.on("error", () => resolve(0))
  })

export class ShardProbes {
  readonly outages: Array<Outage> = []
  /** Answers other than 200, by status. */
  readonly bad = new Map<number, number>()
  questions = 0
  /** How late the probes themselves were at most, as the machine was busy: so much of an outage may be ours. */
  ownDelayMillis = 0
  private running = true
  private readonly agent = new Agent({ keepAlive: true })
  private readonly done: Promise<unknown>

  /** `idAt`: ids of sensors, of which the first in each shard is asked for. */
  constructor(api: string, idAt: (index: number) => string) {
    const sensors = new Map<number, string>()
    for (let index = 0; sensors.size < shards.length; index++) {
      const shard = shardOf(idAt(index))
      if (!sensors.has(shard)) sensors.set(shard, idAt(index))
    }
    this.done = Promise.all(Array.from(sensors, ([shard, id]) => this.probe(shard, `${api}/v1/sensors/${id}`)))
  }

  async stop(): Promise<void> {
    this.running = false
    await this.done
    this.agent.destroy()
  }

  private async probe(shard: number, url: string): Promise<void> {
    await sleep(everyMillis * Math.random())
    let goodAt: number | undefined
    let badAt: number | undefined
    const over = (at: number): void => {
      if (goodAt === undefined) return
      const shownAt = badAt ?? goodAt + slowMillis
      if (shownAt < at) this.outages.push({ shard, shownAt, millis: at - goodAt })
    }
    let due = performance.now()
    while (this.running) {
      const status = await statusOf(url, this.agent)
      this.questions++
      const now = performance.now()
      if (status === 200) {
        over(now)
        goodAt = now
        badAt = undefined
      } else {
        badAt ??= now
        this.bad.set(status, (this.bad.get(status) ?? 0) + 1)
      }
      due = Math.max(due + everyMillis, now)
      await sleep(due - now)
      this.ownDelayMillis = Math.max(this.ownDelayMillis, performance.now() - due)
    }
    if (badAt !== undefined) over(performance.now())
  }
}
