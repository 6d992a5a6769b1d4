/** How the processors of a stage in this process are, by shard: written by each, read by all. */
import { Effect } from "effect"
import { ShardNotReady } from "./SensorProtocol.ts"
import type { ShardStatus } from "./ShardStatusProtocol.ts"

export interface ProcessorEntry {
  state: ShardStatus["state"]
  detail: string
  applied: number
  committed: number
  epoch: number
  restarts: number
}

export const newEntry = (): ProcessorEntry => ({
  state: "starting",
  detail: "starting",
  applied: 0,
  committed: 0,
  epoch: 0,
  restarts: 0
})

export interface ProcessorEntries<Entry extends ProcessorEntry, State> {
  /** The entry of a shard, made where it is not there. */
  readonly entry: (shard: number) => Entry
  /** The shard is no longer here. */
  readonly remove: (shard: number) => void
  readonly has: (shard: number) => boolean
  readonly entries: () => IterableIterator<[number, Entry]>
  /** The state of a ready shard. */
  readonly ready: (shard: number) => Effect.Effect<State, ShardNotReady>
}

export const makeEntries = <Entry extends ProcessorEntry, State>(
  make: () => Entry,
  stateOf: (entry: Entry) => State | undefined
): ProcessorEntries<Entry, State> => {
  const shards = new Map<number, Entry>()
  return {
    entry: (shard) => {
      let entry = shards.get(shard)
      if (entry === undefined) {
        entry = make()
        shards.set(shard, entry)
      }
      return entry
    },
    remove: (shard) => {
      shards.delete(shard)
    },
    has: (shard) => shards.has(shard),
    entries: () => shards.entries(),
    ready: (shard) => {
      const entry = shards.get(shard)
      const state = entry?.state === "ready" ? stateOf(entry) : undefined
      return state === undefined
        ? Effect.fail(new ShardNotReady({ shard, detail: entry?.detail ?? "it is not on this runner" }))
        : Effect.succeed(state)
    }
  }
}
