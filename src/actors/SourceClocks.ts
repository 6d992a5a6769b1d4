/**
 * How far the sensor shards have come, as a district shard hears it: their rounds are applied when all have come so far, so that
 * the order in which they arrive does not matter (as with aligned watermarks of several inputs). A shard that does not come along
 * is left out in the end, or one broken shard would stop every district:
 * - by ticks, which there are only while the city is live: more than three minutes behind the clock;
 * - always, of those heard of: more than a week of the log's time behind the first.
 * What it brings later is taken in then.
 */
import { shardCount } from "../schemas/Shards.ts"

const minute = 60_000
const behindClockMax = 3 * minute
const behindFirstMax = 7 * 24 * 60 * minute

interface SourceClocksState {
  readonly times: ReadonlyArray<number | null>
  readonly sequences: ReadonlyArray<number>
  readonly frontier: number | null
  readonly tickedTo: number | null
}

const finite = (value: number): number | null => Number.isFinite(value) ? value : null

export class SourceClocks {
  /** By shard number; −Infinity: not heard of. */
  private readonly times = new Float64Array(shardCount + 1).fill(-Infinity)
  private readonly sequences = new Float64Array(shardCount + 1)
  private tickedTo = -Infinity
  /** Everything given out up to here is there. */
  frontier = -Infinity

  constructor(state?: SourceClocksState) {
    if (state === undefined) return
    for (const [shard, time] of state.times.entries()) this.times[shard] = time ?? -Infinity
    this.sequences.set(state.sequences)
    this.tickedTo = state.tickedTo ?? -Infinity
    this.frontier = state.frontier ?? -Infinity
  }

  /** A round of a shard; false where it was heard before. */
  accept(shard: number, sequence: number, time: number): boolean {
    if (sequence <= (this.sequences[shard] as number)) return false
    this.sequences[shard] = sequence
    this.times[shard] = time
    return true
  }

  tick(now: number): void {
    if (now > this.tickedTo) this.tickedTo = now
  }

  /** Moves the frontier as far as it may; whether it moved. */
  advance(): boolean {
    let first = -Infinity
    for (let shard = 1; shard <= shardCount; shard++) first = Math.max(first, this.times[shard] as number)
    let slowest = Infinity
    for (let shard = 1; shard <= shardCount; shard++) {
      const time = this.times[shard] as number
      if (time < this.tickedTo - behindClockMax) continue
      if (time > -Infinity && time < first - behindFirstMax) continue
      slowest = Math.min(slowest, time)
    }
    if (slowest === Infinity || slowest <= this.frontier) return false
    this.frontier = slowest
    return true
  }

  get state(): SourceClocksState {
    return {
      times: Array.from(this.times, finite),
      sequences: Array.from(this.sequences),
      frontier: finite(this.frontier),
      tickedTo: finite(this.tickedTo)
    }
  }
}
