/**
 * The simulated Helsinki over real HTTP inside the test's own process, with a past of hours instead of days, up to an instant. Then
 * its clock stands still, so that answers stay the same while a test asks: nothing comes but what a test sends. It is stopped with its
 * scope; its data stay.
 */
import { Context, Effect } from "effect"
import { LocalDistricts } from "../../src/actors/LocalDistricts.ts"
import { dataPaths } from "../../src/apps/DataPaths.ts"
import { openCityOverHttp } from "../../src/apps/EmbeddedCity.ts"
import * as Simulation from "../../src/ingest/simulation/Simulation.ts"
import { ObservationLog } from "../../src/ports/ShardedLog.ts"
import { encodeTick } from "../../src/schemas/Records.ts"
import { shards } from "../../src/schemas/Shards.ts"
import { districtsCommitted, settingsOf } from "./CityInProcess.ts"

const pastMillis = 3 * 3_600_000

export const helsinkiOverHttp = Effect.fnUntraced(function*(data: string, now: number = Date.now()) {
  const settings = settingsOf(data, { source: "simulation" })
  const { context, url } = yield* openCityOverHttp(settings, "Europe/Helsinki")
  yield* Effect.gen(function*() {
    yield* Simulation.run({
      seed: settings.seed,
      from: now - pastMillis,
      to: now,
      checkpointFolder: dataPaths(settings.data).replay
    })
    yield* districtsCommitted
  }).pipe(Effect.provide(context))
  const districts = Context.get(context, LocalDistricts)
  /** The clock goes to an instant, and nobody has sent anything meanwhile. */
  const pass = (instant: number) =>
    Effect.gen(function*() {
      const log = yield* ObservationLog
      yield* log.append(shards.map((shard) => ({ shard, payload: encodeTick(instant) })))
      yield* districtsCommitted
    }).pipe(Effect.provide(context), Effect.orDie)
  return { url, districts, past: { from: now - pastMillis, to: now }, pass }
})

export type HelsinkiOverHttp = Effect.Success<ReturnType<typeof helsinkiOverHttp>>
