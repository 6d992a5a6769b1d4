/** What the district shards of a process lack to be as it was started. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { missingDistricts } from "../../src/actors/DistrictConfiguration.ts"
import { LocalDistricts } from "../../src/actors/LocalDistricts.ts"
import { type District, SquareMetres } from "../../src/schemas/District.ts"
import { DistrictId } from "../../src/schemas/Identifiers.ts"
import { defaultQualityWeights } from "../../src/schemas/QualityOfLife.ts"
import { Latitude, Longitude } from "../../src/schemas/Quantities.ts"
import { shardOf } from "../../src/schemas/Shards.ts"
import { StoredDistricts } from "./StoredDistricts.ts"
import { commandOf } from "./StoredShard.ts"

const kallio = (name: string): District => ({
  id: DistrictId.make("kallio"),
  name,
  centre: { type: "Point", coordinates: [Longitude.make(24.95), Latitude.make(60.18)] },
  areaSquareMetres: SquareMetres.make(3e6),
  bounds: [Longitude.make(24.9), Latitude.make(60.1), Longitude.make(25), Latitude.make(60.2)]
})

const settings = { timeZone: "Europe/Helsinki", weights: defaultQualityWeights }
const shard = shardOf("kallio")

describe("what a shard of districts lacks", () => {
  it.effect("is nothing once it has the settings and each district as it is wanted, and again what became another", () =>
    Effect.gen(function*() {
      const stored = new StoredDistricts()
      const local = yield* LocalDistricts
      const missing = missingDistricts(settings, { version: 7, districts: [kallio("Kallio")] })
      let commands = 0
      const lacks = () => {
        local.entry(shard).districts = stored.shard
        return missing(local).map(({ command }) => command._tag)
      }
      const described = (version: number, name: string) =>
        commandOf(`${++commands}`, { _tag: "DescribeDistricts", version, districts: [kallio(name)] })

      assert.deepStrictEqual(lacks(), ["ConfigureDistricts", "DescribeDistricts"])
      for (const { command } of missing(local)) stored.apply(commandOf(command._tag, command))
      assert.deepStrictEqual([lacks(), lacks()], [[], []])
      stored.restart()
      assert.deepStrictEqual(lacks(), [])
      stored.apply(described(7, "Berghäll"))
      assert.deepStrictEqual([lacks(), lacks()], [["DescribeDistricts"], ["DescribeDistricts"]])
      stored.apply(described(7, "Kallio"))
      assert.deepStrictEqual(lacks(), [])
      stored.apply(described(8, "Kallio"))
      assert.deepStrictEqual(lacks(), ["DescribeDistricts"])
    }).pipe(Effect.provide(LocalDistricts.layer)))
})
