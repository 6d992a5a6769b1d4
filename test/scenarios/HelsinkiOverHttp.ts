/**
 * The simulated Helsinki over real HTTP inside the test's own process, with a past of hours instead of days. Then
 * its clock stands still, so that answers stay the same while a test asks: nothing comes but what a test sends. It is stopped with its
 * scope; its data stay.
 */
import { Context, Effect } from "effect"
import { LocalDistricts } from "../../src/actors/LocalDistricts.ts"
import { dataPaths, openCityOverHttp } from "../../src/apps/EmbeddedCity.ts"
import * as Simulation from "../../src/ingest/simulation/Simulation.ts"
import { ObservationLog, PartialsLog } from "../../src/ports/ShardedLog.ts"
import { encodeTick } from "../../src/schemas/Records.ts"
import { shards } from "../../src/schemas/Shards.ts"
import { applied, settingsOf } from "./CityInProcess.ts"

const pastMillis = 3 * 3_600_000

/** Waits until the districts have taken in what the sensors gave them. */
const districtsApplied = Effect.gen(function*() {
  const log = yield* PartialsLog
  const local = yield* LocalDistricts
  const isBehind = Effect.map(
    Effect.forEach(shards, (shard) => Effect.map(log.bounds(shard), ({ last }) => local.entry(shard).committed < last)),
    (behind) => behind.includes(true)
  )
  while (yield* isBehind) yield* Effect.sleep("10 millis")
})

export const helsinkiOverHttp = Effect.fnUntraced(function*(data: string) {
  const settings = settingsOf(data, { source: "simulation" })
  const { context, url } = yield* openCityOverHttp(settings, "Europe/Helsinki")
  const now = Date.now()
  yield* Effect.gen(function*() {
    yield* Simulation.run({
      seed: settings.seed,
      from: now - pastMillis,
      to: now,
      checkpointFolder: dataPaths(settings.data).replay
    })
    yield* applied
    yield* districtsApplied
  }).pipe(Effect.provide(context))
  const districts = Context.get(context, LocalDistricts)
  /** The clock goes to an instant, and nobody has sent anything meanwhile. */
  const pass = (instant: number) =>
    Effect.gen(function*() {
      const log = yield* ObservationLog
      yield* log.append(shards.map((shard) => ({ shard, payload: encodeTick(instant) })))
      yield* applied
      yield* districtsApplied
    }).pipe(Effect.provide(context), Effect.orDie)
  return { url, districts, past: { from: now - pastMillis, to: now }, pass }
})

export type HelsinkiOverHttp = Effect.Success<ReturnType<typeof helsinkiOverHttp>>
