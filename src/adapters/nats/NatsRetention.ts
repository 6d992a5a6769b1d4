/**
 * Removes what the consumers of a log need no more. Promises: only when every configured consumer has reported a position, and only
 * up to the lowest; the newest `minRetainedBytes` of a shard stay; not more often, and not for less, than is worth the server's work,
 * unless the shard is full. Positions are not remembered across restarts, so after one nothing goes before each has reported again.
 */
import type { NatsConnection } from "./NatsConnection.ts"
import { firstOf, type NatsShardMemory } from "./NatsShardMemory.ts"

export interface RetentionSettings {
  readonly consumers: ReadonlyArray<string>
  readonly shards: number
  /** Of one shard. */
  readonly minRetainedBytes: number
  /** What must be to be had, unless the shard is full. */
  readonly stepBytes: number
  readonly pauseMillis: number
  /** Nothing that fails here is lost but room. */
  readonly onFailed: (stream: string, failure: string) => void
}

export class NatsRetention {
  private readonly connection: NatsConnection["Service"]
  private readonly settings: RetentionSettings
  private readonly positions: Map<string, Float64Array>
  private readonly triedAt: Float64Array
  private readonly full = new Set<number>()
  private readonly purging = new Map<number, Promise<void>>()

  constructor(connection: NatsConnection["Service"], settings: RetentionSettings) {
    this.connection = connection
    this.settings = settings
    this.positions = new Map(settings.consumers.map((name) => [name, new Float64Array(settings.shards + 1)]))
    this.triedAt = new Float64Array(settings.shards + 1).fill(-Infinity)
  }

  /** Positions never go back. False for a consumer that is not configured. */
  report(consumer: string, shard: number, sequence: number): boolean {
    const positions = this.positions.get(consumer)
    if (positions === undefined) return false
    if (sequence > (positions[shard] as number)) positions[shard] = sequence
    return true
  }

  /** The shard has refused a record for want of room. */
  becameFull(memory: NatsShardMemory): void {
    this.full.add(memory.shard)
    void this.purge(memory)
  }

  /** Ends when what may go is gone, or it is not worth it now. */
  purge(memory: NatsShardMemory): Promise<void> {
    const { shard } = memory
    const under = this.purging.get(shard)
    if (under !== undefined) return under
    const now = performance.now()
    const isSoon = now - (this.triedAt[shard] as number) < this.settings.pauseMillis
    if (this.lowest(shard) < memory.first || (isSoon && !this.full.has(shard)) || !this.connection.isConnected()) {
      return Promise.resolve()
    }
    this.triedAt[shard] = now
    const begun = this.purgeNow(memory)
      .catch((cause: unknown) => this.settings.onFailed(memory.stream, String(cause)))
      .finally(() => this.purging.delete(shard))
    this.purging.set(shard, begun)
    return begun
  }

  private lowest(shard: number): number {
    let lowest = Infinity
    for (const positions of this.positions.values()) lowest = Math.min(lowest, positions[shard] as number)
    return this.positions.size === 0 ? 0 : lowest
  }

  private async purgeNow(memory: NatsShardMemory): Promise<void> {
    const { minRetainedBytes, stepBytes } = this.settings
    const { shard, stream } = memory
    const { streams } = this.connection.manager
    const askedAt = performance.now()
    const info = await streams.info(stream)
    // Not the stream whose positions were reported.
    if (info.created !== memory.created) return
    memory.look(info, askedAt)
    const { bytes, messages } = info.state
    const spare = bytes - minRetainedBytes
    if (spare <= 0 || messages === 0 || (spare < stepBytes && !this.full.has(shard))) return
    const first = firstOf(info.state)
    // How many that are is known on average only; what is released is exact.
    const keepFrom = Math.min(this.lowest(shard) + 1, first + Math.floor((messages * spare) / bytes))
    if (keepFrom <= first) return
    await streams.purge(stream, { seq: keepFrom })
    memory.purged(keepFrom)
    memory.look(await streams.info(stream), performance.now())
    this.full.delete(shard)
  }
}
