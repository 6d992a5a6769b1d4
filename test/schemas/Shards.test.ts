/** Our copy of Effect Cluster's hash, held against a real `Sharding`. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import {
  EntityId,
  MessageStorage,
  RunnerHealth,
  Runners,
  RunnerStorage,
  Sharding,
  ShardingConfig
} from "effect/cluster"
import { readFileSync } from "node:fs"
import { nameInShard } from "../../src/actors/ShardNames.ts"
import { shardCount, shardOf, shards } from "../../src/schemas/Shards.ts"
import { hasLosLoop, losLoopFolder, needsLosLoop } from "../scenarios/LosLoop.ts"

const embedded = Sharding.layer.pipe(
  Layer.provideMerge(Runners.layerNoop),
  Layer.provideMerge(MessageStorage.layerMemory),
  Layer.provide([RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
  Layer.provide(ShardingConfig.layer({ shardsPerGroup: shardCount, simulateRemoteSerialization: false }))
)

describe("the shard of an id", () => {
  it.effect.prop(
    "is the one Effect Cluster says",
    [Schema.Array(Schema.NonEmptyString)],
    ([ids]) =>
      Effect.gen(function*() {
        const sharding = yield* Sharding.Sharding

        for (const id of [...ids, "tram/4 ä", "🌡️", "x".repeat(128), "767541"]) {
          assert.strictEqual(shardOf(id), sharding.getShardId(EntityId.make(id), "default").id, JSON.stringify(id))
        }
      }).pipe(Effect.provide(embedded)),
    { arbitrary: { runs: 20 } }
  )

  it.effect("is the one Effect Cluster says, for 20,000 ids of many shapes", () =>
    Effect.gen(function*() {
      const sharding = yield* Sharding.Sharding

      for (let i = 0; i < 20_000; i++) {
        const id = [`sensor-${i}`, `HSL:${i * 7919}/tram`, String(i * 104_729), `${"ä".repeat(i % 40)}${i}`][i % 4] ??
          ""
        assert.strictEqual(shardOf(id), sharding.getShardId(EntityId.make(id), "default").id, id)
      }
    }).pipe(Effect.provide(embedded)))

  it.prop("is between 1 and the number of shards", [
    Schema.String,
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))
  ], ([id, count]) => {
    const shard = shardOf(id, count)
    assert.isTrue(Number.isInteger(shard) && shard >= 1 && shard <= count)
  })

  it("spreads numbered ids over all shards", () => {
    const counts = new Map<number, number>()
    for (let i = 0; i < 6100; i++) counts.set(shardOf(`sensor-${i}`), (counts.get(shardOf(`sensor-${i}`)) ?? 0) + 1)

    assert.deepStrictEqual([...counts.keys()].sort((a, b) => a - b), [...shards])
    assert.isAtMost(Math.max(...counts.values()), 200)
  })

  it.skipIf(!hasLosLoop)(`spreads the Los Angeles loops over most shards (${needsLosLoop})`, () => {
    const [ids = ""] = readFileSync(`${losLoopFolder}/speed.csv`, "utf8").split(/\r?\n/)
    const used = Map.groupBy(ids.split(","), (id) => shardOf(id))

    assert.lengthOf(ids.split(","), 207)
    assert.isAbove(used.size, shardCount * 0.9)
    assert.isAtMost(Math.max(...[...used.values()].map((group) => group.length)), 12)
  })
})

describe("a name in a shard", () => {
  it("hashes into it, for every shard and any prefix", () => {
    for (const prefix of ["sensor-processor", "district", "x", ""]) {
      for (const shard of shards) assert.strictEqual(shardOf(nameInShard(prefix, shard)), shard)
    }
  })
})
