/**
 * The fencing epochs under which this process may write, by stage and shard. Raised only when the runner acquires the lock of
 * a shard (`fencedRunnerStorage`), before anything of that shard starts; a processor that was fenced waits for a newer one.
 */
import { Context, Effect, Layer, Stream, SubscriptionRef } from "effect"
import { ClusterError, RunnerStorage, type ShardId } from "effect/cluster"
import { ShardStore, type StageName } from "../ports/ShardStore.ts"

const keyOf = (stage: StageName, shard: number): string => `${stage}/${shard}`

export class Epochs extends Context.Service<Epochs, {
  readonly raised: (
    stage: StageName,
    shards: ReadonlyArray<number>,
    epochs: ReadonlyArray<number>
  ) => Effect.Effect<void>
  readonly dropped: (shard: number) => Effect.Effect<void>
  /** Waits for an epoch of this shard newer than `than`. */
  readonly newer: (stage: StageName, shard: number, than: number) => Effect.Effect<number>
}>()("vicinity/actors/Epochs") {
  static readonly layer = Layer.effect(
    Epochs,
    Effect.gen(function*() {
      const held = yield* SubscriptionRef.make<ReadonlyMap<string, number>>(new Map())
      return Epochs.of({
        raised: (stage, shards, epochs) =>
          SubscriptionRef.update(held, (map) => {
            const next = new Map(map)
            for (const [i, shard] of shards.entries()) next.set(keyOf(stage, shard), epochs[i] ?? 0)
            return next
          }),
        dropped: (shard) =>
          SubscriptionRef.update(held, (map) => {
            const next = new Map(map)
            for (const stage of stages) next.delete(keyOf(stage, shard))
            return next
          }),
        newer: (stage, shard, than) =>
          SubscriptionRef.changes(held).pipe(
            Stream.map((map) => map.get(keyOf(stage, shard)) ?? 0),
            Stream.filter((epoch) => epoch > than),
            Stream.runHead,
            Effect.flatMap(Effect.fromOption),
            Effect.orDie
          )
      })
    })
  )
}

/** Stages whose shards are fenced; both live on the runner that holds the lock of the shard. */
const stages: ReadonlyArray<StageName> = ["sensor", "district"]

/** Runner storage whose `acquire` raises the epochs of what it got, in one statement, before the shards start. */
export const fencedRunnerStorage: Layer.Layer<
  RunnerStorage.RunnerStorage,
  never,
  RunnerStorage.RunnerStorage | ShardStore | Epochs
> = Layer.effect(
  RunnerStorage.RunnerStorage,
  Effect.gen(function*() {
    const inner = yield* RunnerStorage.RunnerStorage
    const store = yield* ShardStore
    const epochs = yield* Epochs
    const raise = (owner: string, got: ReadonlyArray<ShardId.ShardId>) =>
      Effect.forEach(stages, (stage) => {
        const shards = got.map((shard) => shard.id)
        return Effect.flatMap(store.acquire(stage, shards, owner), (raised) => epochs.raised(stage, shards, raised))
      }, { discard: true }).pipe(Effect.mapError((cause) => new ClusterError.PersistenceError({ cause })))
    return RunnerStorage.RunnerStorage.of({
      ...inner,
      acquire: (address, shardIds) =>
        Effect.tap(
          inner.acquire(address, shardIds),
          (got) => got.length === 0 ? Effect.void : raise(`${address.host}:${address.port}`, got)
        ),
      release: (address, shardId) => Effect.andThen(epochs.dropped(shardId.id), inner.release(address, shardId))
    })
  })
)
