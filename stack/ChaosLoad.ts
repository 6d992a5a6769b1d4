/**
 * Load on a city to which something is done, over HTTP and NATS. Promises: what is not acknowledged is sent again, as the API asks of
 * clients, over HTTP to the next process that takes observations in; so is what one whose clock is behind calls `future`. What was
 * acknowledged is remembered.
 */
import { setTimeout as sleep } from "node:timers/promises"
import {
  AcknowledgedObservations,
  type ChaosObservation,
  ChaosObservations,
  type ChaosObservationsOptions
} from "./ChaosObservations.ts"
import { InboxSender } from "./InboxSender.ts"
import { ask } from "./Load.ts"

export interface ChaosLoadOptions extends Omit<ChaosObservationsOptions, "begun"> {
  /** Observations a second. */
  readonly rate: number
  readonly ingests: ReadonlyArray<string>
  readonly natsUrl: string
}

interface Rejected {
  readonly rejected?: ReadonlyArray<{ readonly index: number; readonly reason: string }>
}

const perMessage = 200
/** One of them over NATS. */
const senders = 6
const pauseMillis = 100
/** How far a sender catches up after it had to wait. */
const behindMillisMax = 1_000

export class ChaosLoad {
  readonly acknowledged: AcknowledgedObservations
  /** Of `acknowledged`, those that INBOX has acknowledged. */
  overNats = 0
  /** Answers other than 202, by status; 0: none came. */
  readonly refused = new Map<number, number>()
  /** Observations that one process took for the future, and that were sent to the next. */
  sentElsewhere = 0
  /** Observations the door did not take, or requests it will never take: the load is wrong then. */
  readonly rejected: Array<string> = []
  private running = true
  private readonly options: ChaosLoadOptions
  private readonly inbox: InboxSender
  private readonly done: Promise<unknown>

  private constructor(options: ChaosLoadOptions, inbox: InboxSender) {
    this.options = options
    this.inbox = inbox
    this.acknowledged = new AcknowledgedObservations(options.datastreams, senders)
    const begun = Date.now()
    const sent = (sender: number) => new ChaosObservations({ ...options, begun }, sender, senders)
    this.done = Promise.all(
      Array.from(
        { length: senders },
        (_, sender) => this.send(sent(sender), sender === 0 ? this.publisher() : this.poster(sender))
      )
    )
  }

  static async begin(options: ChaosLoadOptions): Promise<ChaosLoad> {
    return new ChaosLoad(options, await InboxSender.open(options.natsUrl))
  }

  /** Messages that INBOX did not acknowledge at once. */
  get unanswered(): number {
    return this.inbox.unanswered
  }

  /** Succeeds when what was begun is acknowledged. */
  async stop(): Promise<void> {
    this.running = false
    await this.done
  }

  /** After `stop`: succeeds when INBOX has nothing left. */
  async taken(signal: AbortSignal): Promise<void> {
    await this.inbox.isEmptied(signal)
    await this.inbox.close()
  }

  private async send(
    observations: ChaosObservations,
    deliver: (observations: ReadonlyArray<ChaosObservation>) => Promise<void>
  ): Promise<void> {
    const intervalMillis = 1_000 * perMessage * senders / this.options.rate
    let due = performance.now()
    while (this.running) {
      await sleep(Math.max(0, due - performance.now()))
      await deliver(observations.next(perMessage))
      due = Math.max(due + intervalMillis, performance.now() - behindMillisMax)
    }
  }

  private publisher(): (observations: ReadonlyArray<ChaosObservation>) => Promise<void> {
    let number = 0
    return async (observations) => {
      const id = `chaos ${this.options.seed} ${number++}`
      await this.inbox.send("vicinity.in.chaos", bodyOf(observations), id)
      this.overNats += observations.length
      for (const observation of observations) this.acknowledged.add(observation)
    }
  }

  private poster(sender: number): (observations: ReadonlyArray<ChaosObservation>) => Promise<void> {
    let turn = sender
    return async (observations) => {
      let left = observations
      while (left.length > 0) {
        const ingest = this.options.ingests[turn % this.options.ingests.length] as string
        left = await this.post(ingest, left)
        if (left.length === 0) return
        turn++
        await sleep(pauseMillis)
      }
    }
  }

  /** Gives what is to be sent again. */
  private async post(
    ingest: string,
    observations: ReadonlyArray<ChaosObservation>
  ): Promise<ReadonlyArray<ChaosObservation>> {
    const init = { method: "POST", headers: { "content-type": "application/x-ndjson" }, body: bodyOf(observations) }
    const answer = await ask(`${ingest}/v1/observations`, init)
    const { status } = answer
    if (status === 202 || status === 422) {
      const { rejected } = JSON.parse(answer.body) as Rejected
      if (rejected !== undefined) return this.remember(observations, rejected)
    }
    this.refused.set(status, (this.refused.get(status) ?? 0) + 1)
    if (status < 400 || status >= 500 || status === 429) return observations
    this.rejected.push(answer.body)
    return []
  }

  private remember(
    observations: ReadonlyArray<ChaosObservation>,
    rejected: ReadonlyArray<{ readonly index: number; readonly reason: string }>
  ): ReadonlyArray<ChaosObservation> {
    const left = new Map(rejected.map((each) => [each.index, each]))
    const again: Array<ChaosObservation> = []
    for (const [index, observation] of observations.entries()) {
      const refusal = left.get(index)
      if (refusal === undefined) this.acknowledged.add(observation)
      else if (refusal.reason === "future") again.push(observation)
      else this.rejected.push(JSON.stringify(refusal))
    }
    this.sentElsewhere += again.length
    return again
  }
}

const bodyOf = (observations: ReadonlyArray<ChaosObservation>): string =>
  observations.map(({ json }) => json).join("\n")
