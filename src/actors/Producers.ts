/**
 * Which batches a shard has applied, by producer and sequence: a batch that is sent again after a lost acknowledgement is
 * applied once, also when re-sending put batches out of order. Bounded: 256 producers, the one that was silent longest goes.
 */
import { Schema } from "effect"

const producersMax = 256
/** Sequences remembered beyond a gap; then the gap counts as never to be filled. */
const aheadMax = 256

export const ProducerState = Schema.Struct({
  name: Schema.String,
  /** Everything up to here was applied. */
  through: Schema.Int,
  /** Applied beyond, ascending. */
  ahead: Schema.Array(Schema.Int)
})
export type ProducerState = typeof ProducerState.Type

interface Seen {
  through: number
  readonly ahead: Set<number>
}

export class Producers {
  /** In order of last use. */
  private readonly seen = new Map<string, Seen>()

  constructor(states: ReadonlyArray<ProducerState> = []) {
    for (const { ahead, name, through } of states) this.seen.set(name, { through, ahead: new Set(ahead) })
  }

  /** Whether this batch is new; if so it counts as applied from now on. */
  accept(name: string, sequence: number): boolean {
    let seen = this.seen.get(name)
    if (seen === undefined) {
      seen = { through: 0, ahead: new Set() }
      if (this.seen.size >= producersMax) {
        for (const oldest of this.seen.keys()) {
          this.seen.delete(oldest)
          break
        }
      }
    } else this.seen.delete(name)
    this.seen.set(name, seen)
    if (sequence <= seen.through || seen.ahead.has(sequence)) return false
    if (sequence === seen.through + 1) seen.through = sequence
    else seen.ahead.add(sequence)
    if (seen.ahead.size > aheadMax) seen.through = Math.min(...seen.ahead) - 1
    while (seen.ahead.delete(seen.through + 1)) seen.through++
    return true
  }

  get states(): ReadonlyArray<ProducerState> {
    return Array.from(this.seen, ([name, { ahead, through }]) => ({
      name,
      through,
      ahead: Array.from(ahead).sort((a, b) => a - b)
    }))
  }
}
