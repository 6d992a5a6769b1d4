/**
 * Publishes into streams with many messages under way at once, by an inbox of its own for the server's acknowledgements (measured five
 * times as fast as one request each: docs/adr/0015). Plain synchronous code on the way. Promises:
 * - What is published together is sent in its order and is done when every message of it was answered: all acknowledged by the stream
 *   that was meant, or it fails as a whole, and then some of it may be kept.
 * - Bounded: so many messages and bytes are under way; what does not fit waits, in order; what waits is bounded too, then it fails.
 * - What was under way when the server was lost is sent again in its order when it is back, with the same `Nats-Msg-Id`, which the
 *   stream's duplicate window suppresses. Nothing is sent again on a timer, and nothing after its time-out.
 */
import { createInbox, headers, type Msg, type MsgHdrs } from "@nats-io/transport-node"
import { Effect, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { type LogFull, LogUnavailable } from "../../ports/ShardedLog.ts"
import { type Acknowledgement, readAnswer } from "./NatsAnswer.ts"
import type { NatsConnection } from "./NatsConnection.ts"

export interface Publication {
  /** The stream that must acknowledge it. */
  readonly stream: string
  readonly subject: string
  /** Not to be changed before it is done. */
  readonly payload: Uint8Array
  /** Without one it gets its own, so that only its own repetition is suppressed. */
  readonly id?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** One that is kept once, whoever publishes it. */
export interface IdentifiedPublication extends Publication {
  readonly id: string
}

const idName = "Nats-Msg-Id"

/** The id of a message; empty where somebody else has put one without there. */
export const publishedId = (message: Msg): string => message.headers?.get(idName) ?? ""

export interface PublisherOptions {
  /** What a message is refused with by a stream that is full; default `LogUnavailable`. */
  readonly onFull?: ((publication: Publication) => LogFull) | undefined
  /** At once, also where the whole it belongs to fails later. */
  readonly onAcknowledged?: ((publication: Publication, acknowledgement: Acknowledgement) => void) | undefined
}

export interface Publisher {
  /** Acknowledgements in the order of what was given. Interrupted, what was not sent yet is not sent. */
  readonly publish: (
    publications: ReadonlyArray<Publication>
  ) => Effect.Effect<ReadonlyArray<Acknowledgement>, LogFull | LogUnavailable>
}

/** Messages under way, and their bytes; one may be larger and then goes alone. */
const inFlightMax = 256
const inFlightBytesMax = 8 * 1024 * 1024
/** How long something may take with waiting for its turn. The duplicate windows of streams must be well above. */
const timeoutMillis = 5_000
const waitingMax = 16_384
const waitingBytesMax = 64 * 1024 * 1024
const sweepMillis = 250
const closeMillis = 2_000

/** Until the scope closes: then what is under way is waited for a while, and all else fails. */
export const make = (
  connection: NatsConnection["Service"],
  options: PublisherOptions = {}
): Effect.Effect<Publisher, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new PublisherMachine(connection, options)),
    (machine) => Effect.promise(() => machine.close())
  ).pipe(Effect.map((machine): Publisher => ({
    publish: (publications) =>
      publications.length === 0 ? Effect.succeed([]) : Effect.callback((resume) => {
        const set = new PublicationSet(
          publications,
          (outcome) => resume(Array.isArray(outcome) ? Effect.succeed(outcome) : Effect.fail(outcome as Failure))
        )
        machine.add(set)
        return Effect.sync(() => machine.forget(set))
      })
  })))

type Failure = LogFull | LogUnavailable

/** What is published together. */
class PublicationSet {
  readonly publications: ReadonlyArray<Publication>
  readonly acknowledgements: Array<Acknowledgement>
  readonly done: (outcome: Array<Acknowledgement> | Failure) => void
  readonly bytes: number
  deadline = 0
  /** Index of the next one to be sent. */
  next = 0
  underWay = 0
  failure: Failure | undefined
  isDone = false

  constructor(publications: ReadonlyArray<Publication>, done: PublicationSet["done"]) {
    this.publications = publications
    this.acknowledgements = Array.from({ length: publications.length })
    this.done = done
    let bytes = 0
    for (const { payload } of publications) bytes += payload.length
    this.bytes = bytes
  }
}

interface UnderWay {
  readonly set: PublicationSet
  readonly index: number
  readonly headers: MsgHdrs
}

class PublisherMachine {
  private readonly connection: NatsConnection["Service"]
  private readonly options: PublisherOptions
  private readonly inbox: string
  private readonly subscription: { readonly unsubscribe: () => void }
  private readonly stopListening: () => void
  private readonly producer = randomBytes(9).toString("base64url")
  /** By number, in the order in which they were sent. */
  private readonly underWay = new Map<number, UnderWay>()
  private underWayBytes = 0
  private waiting: Array<PublicationSet> = []
  private waitingBytes = 0
  private lastNumber = 0
  private sweeping: NodeJS.Timeout | undefined
  private isClosed = false
  private onIdle: (() => void) | undefined

  constructor(connection: NatsConnection["Service"], options: PublisherOptions) {
    this.connection = connection
    this.options = options
    this.inbox = createInbox()
    this.subscription = connection.client.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => error === null ? this.answered(message) : this.failAll(unavailable(error.message))
    })
    this.stopListening = connection.listen({ onBack: () => this.sendAgain() })
  }

  add(set: PublicationSet): void {
    if (this.isClosed) return set.done(closed())
    if (this.waiting.length >= waitingMax || this.waitingBytes + set.bytes > Math.max(waitingBytesMax, set.bytes)) {
      const detail =
        `the server is slower than the sources, ${this.waiting.length} appends already wait for it: try again`
      return set.done(unavailable(detail))
    }
    set.deadline = performance.now() + timeoutMillis
    this.waiting.push(set)
    this.waitingBytes += set.bytes
    this.sweeping ??= setInterval(() => this.sweep(), sweepMillis)
    this.pump()
  }

  /** What is under way may still be kept; the rest is not sent. */
  forget(set: PublicationSet): void {
    set.isDone = true
    this.leave(set)
  }

  async close(): Promise<void> {
    this.isClosed = true
    if (this.underWay.size + this.waiting.length > 0) {
      const timer = setTimeout(() => this.onIdle?.(), closeMillis)
      await new Promise<void>((resolve) => (this.onIdle = resolve))
      clearTimeout(timer)
    }
    this.failAll(closed())
    clearInterval(this.sweeping)
    this.stopListening()
    this.subscription.unsubscribe()
  }

  /** Sends what has room. */
  private pump(): void {
    while (this.waiting.length > 0 && this.connection.isConnected()) {
      const set = this.waiting[0] as PublicationSet
      const publication = set.publications[set.next] as Publication
      const bytes = publication.payload.length
      const isRoom = this.underWay.size === 0
        || (this.underWay.size < inFlightMax && this.underWayBytes + bytes <= inFlightBytesMax)
      if (!isRoom) return
      const number = ++this.lastNumber
      const entry = { set, index: set.next, headers: this.headersOf(publication, number) }
      if (!this.send(number, entry)) continue
      this.underWay.set(number, entry)
      this.underWayBytes += bytes
      set.underWay++
      if (++set.next === set.publications.length) this.leave(set)
    }
  }

  private headersOf({ headers: given, id }: Publication, number: number): MsgHdrs {
    const made = headers()
    made.set(idName, id ?? `${this.producer}.${number}`)
    for (const name in given) made.set(name, given[name] as string)
    return made
  }

  /** False where the client refuses it: then its set has failed. */
  private send(number: number, entry: UnderWay): boolean {
    const { payload, subject } = entry.set.publications[entry.index] as Publication
    try {
      this.connection.client.publish(subject, payload, { reply: `${this.inbox}.${number}`, headers: entry.headers })
      return true
    } catch (cause) {
      const largest = this.connection.client.info?.max_payload ?? Infinity
      const detail = payload.length + 1_024 > largest
        ? `a record of ${payload.length} bytes is larger than the ${largest} that the NATS server takes: send smaller batches, `
          + "or raise its max_payload"
        : cause instanceof Error
        ? cause.message
        : String(cause)
      this.fail(entry.set, unavailable(detail))
      return false
    }
  }

  private sendAgain(): void {
    // A process that slept must not send what the duplicate window may have forgotten.
    this.sweep()
    for (const [number, entry] of this.underWay) {
      // Who was told that it failed does it again as something else.
      if (entry.set.isDone || !this.send(number, entry)) this.settle(number, entry)
    }
    this.pump()
  }

  private answered(message: Msg): void {
    const number = Number(message.subject.slice(this.inbox.length + 1))
    const entry = this.underWay.get(number)
    if (entry === undefined) return
    const { index, set } = entry
    const publication = set.publications[index] as Publication
    const answer = readAnswer(message, publication)
    if ("sequence" in answer) {
      set.acknowledgements[index] = answer
      this.options.onAcknowledged?.(publication, answer)
    } else {
      set.failure ??= answer.isFull
        ? this.options.onFull?.(publication) ?? unavailable(answer.detail)
        : unavailable(answer.detail)
      this.leave(set)
    }
    this.settle(number, entry)
    this.pump()
  }

  /** It is no longer under way; the last one of a set that is not sent any further ends it. */
  private settle(number: number, { index, set }: UnderWay): void {
    if (!this.underWay.delete(number)) return
    this.underWayBytes -= (set.publications[index] as Publication).payload.length
    set.underWay--
    if (set.underWay === 0 && (set.failure !== undefined || set.next === set.publications.length)) {
      this.finish(set, set.failure ?? set.acknowledgements)
    }
    this.restWhenIdle()
  }

  private restWhenIdle(): void {
    if (this.underWay.size + this.waiting.length > 0) return
    clearInterval(this.sweeping)
    this.sweeping = undefined
    this.onIdle?.()
  }

  /** Nothing more of it is sent. */
  private leave(set: PublicationSet): void {
    const at = this.waiting.indexOf(set)
    if (at < 0) return
    this.waiting.splice(at, 1)
    this.waitingBytes -= set.bytes
  }

  private finish(set: PublicationSet, outcome: Array<Acknowledgement> | Failure): void {
    if (set.isDone) return
    set.isDone = true
    set.done(outcome)
  }

  private fail(set: PublicationSet, failure: Failure): void {
    set.failure ??= failure
    this.leave(set)
    this.finish(set, set.failure)
  }

  private failAll(failure: Failure): void {
    for (const set of this.waiting.slice()) this.fail(set, failure)
    for (const [number, entry] of this.underWay) {
      this.fail(entry.set, failure)
      this.settle(number, entry)
    }
  }

  /** Sets begin and are sent in order, so the oldest are first. */
  private sweep(): void {
    const now = performance.now()
    const isLate = ({ deadline }: PublicationSet): boolean => deadline <= now
    const late = (): LogUnavailable =>
      unavailable(
        this.connection.isConnected()
          ? `the NATS server did not acknowledge within ${timeoutMillis / 1000} s; some of it may be kept`
          : "the NATS server is not reachable; some of it may be kept"
      )
    for (const [number, entry] of this.underWay) {
      if (!isLate(entry.set)) break
      this.fail(entry.set, late())
      this.settle(number, entry)
    }
    for (let set = this.waiting[0]; set !== undefined && isLate(set); set = this.waiting[0]) this.fail(set, late())
    this.restWhenIdle()
    this.pump()
  }
}

const unavailable = (detail: string): LogUnavailable => new LogUnavailable({ operation: "append", detail })

const closed = (): LogUnavailable => unavailable("the log is closed")
