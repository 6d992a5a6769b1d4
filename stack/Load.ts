/** Load on a city of several processes: observations, and questions that are asked again until they are answered. */
import { setTimeout as sleep } from "node:timers/promises"

export interface Answered {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: string
}

const limitMillis = 20_000

/** Status 0: no answer came. */
export const ask = async (url: string, init: RequestInit = {}): Promise<Answered> => {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(limitMillis) })
    return { status: response.status, retryAfter: response.headers.get("retry-after"), body: await response.text() }
  } catch (cause) {
    return { status: 0, retryAfter: null, body: String(cause) }
  }
}

const sensors = 300
const perRequest = 20

export class Load {
  /** Observations that were answered with 202. */
  acknowledged = 0
  /** Other answers to observations. */
  readonly refused: Array<Answered> = []
  /** Questions, those that failed at first, and those that failed the second time too. */
  asked = 0
  retried = 0
  /** Milliseconds until each question was answered, the second attempt and the wait before it included. */
  waits: Array<number> = []
  readonly failed: Array<Answered> = []
  /** Other answers to questions, which are asked until they are answered. */
  readonly notNow: Array<Answered> = []
  private running = true
  private readonly done: Promise<unknown>
  private readonly ingest: () => string
  private readonly api: () => string

  constructor(ingest: () => string, api: () => string) {
    this.ingest = ingest
    this.api = api
    this.done = Promise.all([this.send(), this.question()])
  }

  async stop(): Promise<void> {
    this.running = false
    await this.done
  }

  private async send(): Promise<void> {
    for (let request = 0; this.running; request++) {
      const phenomenonTime = new Date().toISOString()
      const observations = Array.from({ length: perRequest }, (_, i) => ({
        sensorId: `s${(request * perRequest + i) % sensors}`,
        property: "temperature",
        phenomenonTime,
        result: request % 30
      }))
      const answer = await ask(`${this.ingest()}/v1/observations`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(observations)
      })
      if (answer.status === 202) this.acknowledged += perRequest
      else this.refused.push(answer)
      await sleep(50)
    }
  }

  private async question(): Promise<void> {
    for (let number = 0; this.running; number++) {
      const url = `${this.api()}/v1/sensors/s${number % sensors}`
      const askedAt = performance.now()
      this.asked++
      // One that was not heard of yet is answered, too.
      for (let attempt = 1;; attempt++) {
        const answer = await ask(url)
        if ([200, 404].includes(answer.status)) break
        if (attempt === 1) this.retried++
        if (attempt === 2) this.failed.push(answer)
        this.notNow.push(answer)
        await sleep(1_000 * Number(answer.retryAfter ?? 1))
      }
      this.waits.push(performance.now() - askedAt)
      await sleep(20)
    }
  }
}

/** Asks until it is answered with 200. */
export const answered = async (url: string): Promise<Answered> => {
  while (true) {
    const answer = await ask(url)
    if (answer.status === 200) return answer
    await sleep(100)
  }
}
