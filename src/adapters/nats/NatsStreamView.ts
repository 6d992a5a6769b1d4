/**
 * What is known of one stream, for answers that may not fail and must be quick: what its own acknowledgements and feeds say, and a look
 * at the server where that is older than a second or the stream may have dropped something since.
 */
import { Effect } from "effect"
import type { LogUnavailable } from "../../ports/ShardedLog.ts"
import type { NatsConnection } from "./NatsConnection.ts"
import type { NatsRefused } from "./NatsRefused.ts"
import { NatsShardMemory } from "./NatsShardMemory.ts"
import { ensureStream, type StreamWanted } from "./NatsStreams.ts"

const freshMillis = 1_000
/** A log that is one stream has one sequence. */
const shard = 1

interface DroppingStream
  extends Pick<StreamWanted, "name" | "description" | "limitBytes" | "replicas" | "duplicateWindow">
{
  readonly subjects: string
}

/** Of a stream that drops its oldest and nothing else, made or checked. */
export const openDropping = (
  connection: NatsConnection["Service"],
  { subjects, ...wanted }: DroppingStream
): Effect.Effect<NatsStreamView, LogUnavailable | NatsRefused> =>
  Effect.map(
    ensureStream(connection, { ...wanted, subjects: [subjects], discard: "old", deniesDelete: true }),
    (info) => new NatsStreamView(connection, new NatsShardMemory(shard, subjects, info))
  )

export class NatsStreamView {
  readonly memory: NatsShardMemory
  private readonly connection: NatsConnection["Service"]
  private isChanged = false
  private triedAt = performance.now()
  private looking: Promise<void> | undefined

  constructor(connection: NatsConnection["Service"], memory: NatsShardMemory) {
    this.connection = connection
    this.memory = memory
  }

  acknowledged(sequence: number, bytes: number, isDuplicate: boolean): void {
    this.isChanged ||= !isDuplicate
    this.memory.acknowledged(sequence, bytes, isDuplicate)
  }

  /** Waits at most a second; then, and while the server is lost, what is known is as of the last look. */
  get refreshed(): Effect.Effect<NatsShardMemory> {
    return Effect.suspend(() => {
      const isFresh = !this.isChanged && performance.now() - this.triedAt < freshMillis
      if (isFresh || !this.connection.isConnected()) return Effect.void
      const { looking = this.look() } = this
      return Effect.asVoid(Effect.timeoutOption(Effect.promise(() => looking), freshMillis))
    }).pipe(Effect.map(() => this.memory))
  }

  /** Many who ask at once are answered by one look. */
  private look(): Promise<void> {
    const askedAt = performance.now()
    const { last } = this.memory
    this.triedAt = askedAt
    this.isChanged = false
    this.looking = this.connection.manager.streams.info(this.memory.stream).then((info) => {
      const { memory } = this
      if (info.created !== memory.created) return
      memory.look(info, askedAt)
      // Nothing was acknowledged meanwhile, and it ends before what was: a server that lost power has lost its newest ones.
      if (info.state.last_seq < last && memory.last === last) memory.last = info.state.last_seq
    }).catch(() => undefined).finally(() => (this.looking = undefined))
    return this.looking
  }
}
