/**
 * What was last heard of the stream of a shard. Plain state: acknowledgements, delivered messages and stream infos raise it, in
 * whatever order they come in, so what is older changes nothing. Only an end that is lower than what was acknowledged (a
 * server that lost its last records, a stream that was made anew) sets it back.
 */
import type { StreamInfo } from "@nats-io/jetstream"
import type { ShardBounds } from "../../ports/ShardedLog.ts"

export class NatsShardMemory {
  readonly shard: number
  readonly stream: string
  readonly subject: string
  /** When the stream was made, as the server says it: another text is another stream. */
  readonly created: string
  first = 1
  last = 0
  /** Of the last info, and acknowledged since. */
  bytes = 0
  /** When the last info was asked for, by the monotonic clock. */
  lookedAt = -Infinity
  /** Feeds of this process that follow the end of it. */
  feeds = 0
  private lastAcknowledged = 0

  constructor(shard: number, subject: string, info: StreamInfo) {
    this.shard = shard
    this.stream = info.config.name
    this.subject = subject
    this.created = info.created
    this.look(info, performance.now())
  }

  get bounds(): ShardBounds {
    return { first: this.first, last: this.last }
  }

  /** As of `askedAt`; what was acknowledged meanwhile may not be in it. */
  look({ state }: StreamInfo, askedAt: number): void {
    this.lookedAt = askedAt
    this.bytes = state.bytes
    this.last = Math.max(this.last, state.last_seq)
    this.first = Math.max(this.first, firstOf(state))
  }

  delivered(sequence: number, pending: number): void {
    if (sequence + pending > this.last) this.last = sequence + pending
  }

  /** False where sequences went back. */
  acknowledged(sequence: number, bytes: number, isDuplicate: boolean): boolean {
    this.bytes += bytes
    const isForward = isDuplicate || sequence > this.lastAcknowledged
    if (!isForward) {
      this.first = Math.min(this.first, sequence)
      this.last = sequence
    }
    if (!isDuplicate) this.lastAcknowledged = sequence
    if (sequence > this.last) this.last = sequence
    return isForward
  }

  /** Everything below is gone. */
  purged(first: number): void {
    if (first > this.first) this.first = first
  }
}

/** An empty stream says 0, or what would come next. */
export const firstOf = ({ first_seq, last_seq, messages }: StreamInfo["state"]): number =>
  messages === 0 ? last_seq + 1 : first_seq
