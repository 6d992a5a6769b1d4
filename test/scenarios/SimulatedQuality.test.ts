/**
 * Some hours of the simulated Helsinki through both stages: the index of every public state of every district, computed once more
 * from nothing but the windows of the district that are stored, by the formulas of docs/quality-of-life.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { join } from "node:path"
import type { PropertyState } from "../../src/analytics/QualityOfLife.ts"
import { openCity } from "../../src/apps/EmbeddedCity.ts"
import * as Simulation from "../../src/ingest/simulation/Simulation.ts"
import type { DistrictWindowRow } from "../../src/ports/ShardStore.ts"
import { DistrictState } from "../../src/schemas/DistrictState.ts"
import { defaultQualityWeights } from "../../src/schemas/QualityOfLife.ts"
import { naiveQuality } from "../analytics/NaiveQuality.ts"
import { districtsApplied, newData, settingsOf } from "./CityInProcess.ts"
import { storedCity } from "./StoredCity.ts"

const [step, hour] = [300_000, 3_600_000]
/** A Tuesday from ten in the evening to four in the morning, Helsinki time: free flow is known after four quiet hours. */
const from = Date.parse("2026-11-17T22:00:00+02:00")
const to = from + 6 * hour
/** Helsinki is two hours ahead in winter. */
const localHour = (millis: number): number => new Date(millis + 2 * hour).getUTCHours()

const simulated = Effect.gen(function*() {
  const data = yield* newData
  yield* Effect.gen(function*() {
    const city = yield* openCity(settingsOf(data, { source: "simulation", seed: 1 }), "Europe/Helsinki")
    yield* Effect.gen(function*() {
      yield* Simulation.run({ seed: 1, speed: "max", from, to, checkpointFolder: join(data, "replay") })
      yield* districtsApplied
    }).pipe(Effect.provide(city.context))
  }).pipe(Effect.scoped)
  return yield* Effect.promise(() => storedCity(data))
})

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

/** What was known of a property in the hour up to the end of a step; `windows`: its newest revisions of then, ascending. */
const propertyState = (property: string, windows: ReadonlyArray<DistrictWindowRow>, start: number): PropertyState => {
  const filled = windows.filter(({ count }) => count > 0)
  const weight = sum(filled.map((row) => row.weight))
  const mean = property === "noise"
    ? 10 * Math.log10(sum(filled.map((row) => row.weight * 10 ** (row.mean / 10))) / weight)
    : sum(filled.map((row) => row.weight * row.mean)) / weight
  const now = windows.find((row) => row.start === start)
  const [seen, ill] = [now?.seen ?? 0, now?.ill ?? 0]
  return {
    property,
    mean,
    observations: sum(windows.map(({ count }) => count)),
    beyond: [sum(windows.map(({ beyond }) => beyond[0])), sum(windows.map(({ beyond }) => beyond[1]))],
    referenced: sum(windows.map(({ referenced }) => referenced)),
    compared: sum(windows.map(({ compared }) => compared)),
    expected: now?.expected ?? 0,
    seen,
    ill,
    // A stuck one counts a tenth.
    weight: seen - 0.9 * ill
  }
}

const decode = Schema.decodeSync(Schema.fromJsonString(DistrictState))

describe("the quality of life of the simulated Helsinki", () => {
  it.live("is that of the stored windows by the cited formula, in every state of every district", () =>
    Effect.gen(function*() {
      const { districtStates: states, districtWindows: windows } = yield* simulated

      const byDistrict = Map.groupBy(windows.filter(({ size }) => size === step), ({ district }) => district)
      const parts = new Set<string>()
      let compared = 0
      for (const text of states) {
        const state = decode(text)
        const [start, knownAt] = [Date.parse(state.start), Date.parse(state.knownAt)]
        const known = (byDistrict.get(state.district) ?? []).filter((row) =>
          row.start > start - hour && row.start <= start && row.knownAt <= knownAt
        )
        const newest = new Map(known.map((row) => [`${row.property} ${row.start}`, row]))
        const properties = Map.groupBy(newest.values(), ({ property }) => property)
        const wanted = naiveQuality(
          Array.from(properties, ([property, rows]) => propertyState(property, rows, start)),
          defaultQualityWeights,
          localHour(start)
        )
        if (state.quality === null || wanted === undefined) {
          assert.strictEqual(state.quality === null, wanted === undefined, text)
          continue
        }
        compared++
        assert.closeTo(state.quality.index, wanted.index, 0.1, text)
        assert.closeTo(state.quality.confidence, wanted.confidence, 0.05, text)
        assert.deepStrictEqual(state.quality.parts.map(({ name }) => name), wanted.parts.map(({ name }) => name))
        for (const [i, part] of state.quality.parts.entries()) {
          parts.add(part.name)
          assert.closeTo(part.index, wanted.parts[i]?.index ?? NaN, 0.1, text)
          assert.closeTo(part.contribution, wanted.parts[i]?.contribution ?? NaN, 0.1, text)
        }
      }
      assert.isAtLeast(byDistrict.size, 12)
      assert.isAbove(compared, 12 * 5 * 12)
      assert.sameMembers([...parts], ["air", "traffic", "public_transport", "noise"])
    }).pipe(Effect.scoped))
})
