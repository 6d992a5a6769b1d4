/**
 * The records of one shard after a position: a pull consumer that the server forgets by itself, and a bounded part read ahead of who
 * takes. Plain synchronous code per message. Promises:
 * - Every record is the one after the last, or the feed fails with `PositionNotHonoured`; nothing is skipped and nothing comes twice.
 * - Whatever happens to the consumer (the server restarts, forgets or moves it, a message or an answer is lost) it is made anew behind the
 *   last record that came, after a look whether the stream is still the one it was and still has what comes next.
 * - While the server is not reachable a feed waits, for as long as it takes: its reader's state is right and nothing better is to be had
 *   elsewhere; the connection says that it is lost. A server that answers but gives no consumer for half a minute fails it.
 *
 * No acknowledgements: the position is in the database, in the transaction that has the state (docs/adr/0015).
 */
import { AckPolicy, type ConsumerConfig, DeliverPolicy, JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream"
import { createInbox, type Msg, type Subscription } from "@nats-io/transport-node"
import { type LogRecord, LogUnavailable, type PositionNotHonoured } from "../../ports/ShardedLog.ts"
import type { NatsConnection } from "./NatsConnection.ts"
import { notHonoured } from "./NatsPosition.ts"
import type { NatsShardMemory } from "./NatsShardMemory.ts"

/** Messages asked for at once, unless said otherwise. */
const batchDefault = 256
const heartbeatMillis = 2_000
const expiresMillis = 30_000
/** The server says at least every two seconds that a request is still known. */
const quietSweepsMax = 6
/** A record that is there comes at once; otherwise it may have been removed, and a look tells. */
const stalledSweepsMax = 3
const sweepMillis = 1_000
const inactiveMillis = 60_000
const pauseMillis = 100
const pauseMillisMax = 3_000
const patienceMillis = 30_000

export type FeedFailure = LogUnavailable | PositionNotHonoured

export interface Read {
  readonly sequence: number
  readonly payload: Uint8Array
}

export interface NatsFeedOptions<R extends Read> {
  readonly prefetchBytes: number
  /** Makes the record of a message; synchronous. */
  readonly read: (sequence: number, message: Msg) => R
  /** Without payloads. */
  readonly headersOnly?: boolean | undefined
  /** Messages asked for at once. */
  readonly batch?: number | undefined
}

/** A record of a log. */
export const readRecord = (sequence: number, { data }: Msg): LogRecord => ({ sequence, payload: data })

export class NatsFeed<R extends Read = LogRecord> {
  private readonly connection: NatsConnection["Service"]
  private readonly memory: NatsShardMemory
  private readonly options: NatsFeedOptions<R>
  private readonly prefetchBytes: number
  /** The next record to come from the server. */
  private next: number
  private ahead: Array<R> = []
  private aheadFrom = 0
  private aheadBytes = 0
  private failure: FeedFailure | undefined
  private wake: (() => void) | undefined
  private inbox = ""
  private subscription: Subscription | undefined
  private consumer: string | undefined
  /** Messages that the request under way may still bring; 0: none is under way. */
  private wanted = 0
  private requests = 0
  private broughtAny = false
  /** The next record is larger than what is read ahead. */
  private isLarge = false
  /** Since anything came, and since a record came though there is one. */
  private quietSweeps = 0
  private stalledSweeps = 0
  private isBuilding = false
  private isAgain = false
  private builds = 0
  private onLostWhileBuilding: (() => void) | undefined
  /** Where the next record did not come, and where it did not come from a fresh consumer either. */
  private gapSeenAt = 0
  private gapAt = 0
  private isClosed = false
  private readonly sweeping: NodeJS.Timeout
  private readonly stopListening: () => void

  constructor(
    connection: NatsConnection["Service"],
    memory: NatsShardMemory,
    after: number,
    options: NatsFeedOptions<R>
  ) {
    this.connection = connection
    this.memory = memory
    this.next = after + 1
    this.options = options
    this.prefetchBytes = options.prefetchBytes
    memory.feeds++
    this.sweeping = setInterval(() => this.sweep(), sweepMillis)
    this.stopListening = connection.listen({ onLost: () => this.lost(), onBack: () => this.rebuild() })
  }

  /** Whether `take` has something, or has something to say. */
  get isReady(): boolean {
    return this.aheadFrom < this.ahead.length || this.failure !== undefined
  }

  /** Called once, when it has become ready. */
  onReady(wake: (() => void) | undefined): void {
    this.wake = wake
  }

  /** What is there, at least one record where it is ready. Throws its failure, after the records that came before it. */
  take(bytesMax: number): ReadonlyArray<R> {
    const { ahead, aheadFrom } = this
    if (aheadFrom === ahead.length && this.failure !== undefined) throw this.failure
    let to = aheadFrom
    let bytes = 0
    for (; to < ahead.length; to++) {
      const { length } = (ahead[to] as R).payload
      if (to > aheadFrom && bytes + length > bytesMax) break
      bytes += length
    }
    const taken = ahead.slice(aheadFrom, to)
    this.aheadBytes -= bytes
    if (to < ahead.length) this.aheadFrom = to
    else {
      this.ahead = []
      this.aheadFrom = 0
    }
    this.pull()
    return taken
  }

  close(failure: FeedFailure): void {
    if (this.isClosed) return
    this.isClosed = true
    this.fail(failure)
    this.memory.feeds--
    clearInterval(this.sweeping)
    this.stopListening()
  }

  /** Until the consumer is there; fails with what keeps it from being there. */
  async open(): Promise<void> {
    await this.build()
    if (this.failure !== undefined) throw this.failure
    if (this.consumer === undefined) throw unavailable(this.memory.stream, "the NATS server is not reachable")
  }

  private lost(): void {
    this.wanted = 0
    this.onLostWhileBuilding?.()
  }

  private fail(failure: FeedFailure): void {
    this.failure ??= failure
    this.leave()
    this.awaken()
  }

  private awaken(): void {
    const { wake } = this
    this.wake = undefined
    wake?.()
  }

  /** The consumer is not wanted any more; the server need not be told, but then it has less to remember. */
  private leave(): void {
    this.subscription?.unsubscribe()
    this.subscription = undefined
    this.wanted = 0
    const { consumer } = this
    this.consumer = undefined
    if (consumer === undefined || !this.connection.isConnected()) return
    this.connection.manager.consumers.delete(this.memory.stream, consumer).catch(() => undefined)
  }

  private rebuild(): void {
    if (this.isBuilding) this.isAgain = true
    else void this.build()
  }

  /** Ends with a consumer, a failure, or a lost connection, which begins it again when it is back. */
  private async build(): Promise<void> {
    this.isBuilding = true
    const giveUpAt = performance.now() + patienceMillis
    for (let pause = pauseMillis; this.failure === undefined; pause = Math.min(pauseMillisMax, 2 * pause)) {
      this.isAgain = false
      this.leave()
      if (!this.connection.isConnected()) break
      try {
        // What is asked for while the connection is lost is answered by a time-out only.
        const lost = new Promise<never>((_, reject) => (this.onLostWhileBuilding = () => reject(new Error("lost"))))
        await Promise.race([this.makeConsumer(++this.builds), lost])
        if (!this.isAgain || this.failure !== undefined) break
      } catch (cause) {
        if (!this.connection.isConnected()) break
        if (performance.now() > giveUpAt) this.fail(unavailable(this.memory.stream, cause))
      }
      if (this.failure === undefined) await new Promise((resolve) => setTimeout(resolve, pause))
    }
    this.isBuilding = false
    if (this.failure !== undefined) this.leave()
    // Back again while it was being given up.
    else if (this.consumer === undefined && this.connection.isConnected()) this.rebuild()
  }

  /** The look comes after the consumer: a stream that is made anew later takes its consumers with it. */
  private async makeConsumer(build: number): Promise<void> {
    const { manager } = this.connection
    const { stream } = this.memory
    const name = createInbox("vicinity").replaceAll(".", "_")
    await manager.consumers.add(stream, consumerConfig(name, this.next, this.options.headersOnly === true)).catch(
      ifGone
    )
    const askedAt = performance.now()
    const info = await manager.streams.info(stream).catch(ifGone)
    if (build !== this.builds || this.failure !== undefined) return
    this.consumer = name
    const refusal = notHonoured(info, this.memory, this.next, this.gapAt)
    if (refusal !== undefined) return this.fail(refusal)
    if (info !== undefined) this.memory.look(info, askedAt)
    this.inbox = createInbox()
    const { inbox } = this
    this.subscription = this.connection.client.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (inbox !== this.inbox) return
        if (error === null) this.received(message)
        else this.fail(unavailable(stream, error))
      }
    })
    this.wanted = 0
    this.quietSweeps = 0
    this.stalledSweeps = 0
    this.pull()
  }

  /** Asks for more where nothing is under way and less than half of what may be read ahead is there. */
  private pull(): void {
    if (this.wanted > 0 || this.subscription === undefined || this.aheadBytes > this.prefetchBytes / 2) return
    this.wanted = this.isLarge ? 1 : this.options.batch ?? batchDefault
    this.broughtAny = false
    const request = {
      batch: this.wanted,
      ...(this.isLarge ? {} : { max_bytes: this.prefetchBytes }),
      expires: expiresMillis * 1e6,
      idle_heartbeat: heartbeatMillis * 1e6
    }
    this.connection.client.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${this.memory.stream}.${this.consumer}`,
      JSON.stringify(request),
      { reply: `${this.inbox}.${++this.requests}` }
    )
  }

  private received(message: Msg): void {
    this.quietSweeps = 0
    const { reply } = message
    if (reply === undefined || !reply.startsWith("$JS.ACK.")) return this.told(message)
    // $JS.ACK.[domain.account.]stream.consumer.delivered.sequence.delivery.time.pending[.token]
    const tokens = reply.split(".")
    const at = tokens.length >= 11 ? 7 : 5
    const sequence = Number(tokens[at])
    if (sequence !== this.next) return this.missed()
    this.next = sequence + 1
    this.gapAt = 0
    this.stalledSweeps = 0
    this.ahead.push(this.options.read(sequence, message))
    this.aheadBytes += message.data.length
    this.memory.delivered(sequence, Number(tokens[at + 3]))
    this.wanted--
    this.broughtAny = true
    this.isLarge = false
    this.pull()
    this.awaken()
  }

  /** A record was lost on the way, was removed, or is not there: a look and a fresh consumer tell. */
  private missed(): void {
    if (this.gapSeenAt === this.next) this.gapAt = this.next
    this.gapSeenAt = this.next
    // What comes now is behind the gap.
    this.inbox = ""
    this.rebuild()
  }

  /** The server says something about a request. */
  private told(message: Msg): void {
    const code = message.headers?.code ?? 0
    if (code === 100 || !message.subject.endsWith(`.${this.requests}`)) return
    const words = message.headers?.description ?? ""
    if (code === 400) return this.fail(unavailable(this.memory.stream, words))
    const isOver = code === 404 || code === 408 || (code === 409 && /max ?bytes|batch completed/i.test(words))
    if (!isOver) {
      // Deleted, moved, forgotten, or nobody answers.
      this.wanted = 0
      setTimeout(() => this.failure === undefined && this.rebuild(), pauseMillis)
      return
    }
    if (code === 409 && !this.broughtAny) this.isLarge = true
    this.wanted = 0
    this.pull()
  }

  private sweep(): void {
    if (this.wanted === 0 || this.isBuilding || !this.connection.isConnected()) return
    const { first, last } = this.memory
    this.stalledSweeps = last >= this.next ? this.stalledSweeps + 1 : 0
    const isStalled = first > this.next || this.stalledSweeps >= stalledSweepsMax
    if (++this.quietSweeps >= quietSweepsMax || isStalled) this.rebuild()
  }
}

const consumerConfig = (name: string, from: number, headersOnly: boolean): Partial<ConsumerConfig> => ({
  name,
  deliver_policy: DeliverPolicy.StartSequence,
  opt_start_seq: from,
  ack_policy: AckPolicy.None,
  inactive_threshold: inactiveMillis * 1e6,
  mem_storage: true,
  headers_only: headersOnly,
  num_replicas: 1
})

/** What is not there is not there; who looks next says so. */
const ifGone = (cause: unknown): undefined => {
  if (cause instanceof JetStreamApiError && cause.code === JetStreamApiCodes.StreamNotFound) return undefined
  throw cause
}

const unavailable = (stream: string, cause: unknown): LogUnavailable => {
  const words = cause instanceof Error ? cause.message : String(cause)
  const detail = `stream ${stream} cannot be followed: ${words}`
  return new LogUnavailable({ operation: "read", detail, cause })
}
