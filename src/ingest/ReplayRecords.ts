/**
 * The records of one or several replays on their way into the log, in their order, and the ticks between them. Promise: no tick is later
 * than the bound it is asked for, so time never passes an observation that is still to come; a tick goes to every shard whenever the
 * bound has passed another multiple of the tick's span. Plain synchronous code.
 */
import type { Append } from "../ports/ShardedLog.ts"
import { encodeTick } from "../schemas/Records.ts"
import { shards } from "../schemas/Shards.ts"

/** Event time between ticks unless the mapping says otherwise. */
export const tickSecondsDefault = 300
/** The closing tick is this far behind the last step, so that every window closes. */
const closingMillis = 86_400_000

export class ReplayRecords {
  /** Epoch milliseconds; 0 before the first. */
  lastTick: number
  private readonly tickMillis: number
  private readonly isHistory: boolean
  private records: Array<Append> = []

  /** `isHistory`: nobody waits for what is provisional meanwhile. */
  constructor(tickMillis: number, lastTick: number, isHistory = false) {
    this.tickMillis = tickMillis
    this.lastTick = lastTick
    this.isHistory = isHistory
  }

  /** Records not taken yet. */
  get pending(): number {
    return this.records.length
  }

  push(record: Append): void {
    this.records.push(record)
  }

  /** The records since the last call, in the order they must be appended. */
  take(): ReadonlyArray<Append> {
    const { records } = this
    this.records = []
    return records
  }

  /** Time has come to `bound` in everything that is replayed. */
  tickTo(bound: number): void {
    const tick = Math.floor(bound / this.tickMillis) * this.tickMillis
    if (tick > this.lastTick) this.tick(tick)
  }

  /** Closes every window of what was sent. */
  close(eventTime: number): void {
    this.tick(eventTime + closingMillis)
  }

  private tick(now: number): void {
    this.lastTick = now
    const payload = encodeTick(now, this.isHistory)
    for (const shard of shards) this.records.push({ shard, payload })
  }
}
