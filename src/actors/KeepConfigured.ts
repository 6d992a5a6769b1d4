/**
 * In a cluster, shards come and go: whatever shard becomes ready here gets the settings and districts of this process, as commands in
 * its logs. Two runners that are started differently would overwrite each other; the newest owner of a shard decides.
 */
import { Duration, Effect } from "effect"
import { ObservationLog, PartialsLog, type ShardedLog } from "../ports/ShardedLog.ts"
import type { DistrictSettings } from "../schemas/Commands.ts"
import type { District } from "../schemas/District.ts"
import { missingDistricts } from "./DistrictConfiguration.ts"
import { LocalDistricts } from "./LocalDistricts.ts"
import { LocalShards } from "./LocalShards.ts"
import { appendCommands, type MissingCommand, missingSettings, type WantedSettings } from "./StageConfiguration.ts"

const lookInterval = Duration.millis(250)
/** A command that was appended is given this long to be applied before it is appended again. */
const appliedWithin = Duration.seconds(5)

const keep = (log: ShardedLog, missing: () => ReadonlyArray<MissingCommand>) =>
  Effect.gen(function*() {
    const commands = missing()
    if (commands.length === 0) return
    yield* appendCommands(log, commands)
    yield* Effect.repeat(Effect.sleep(lookInterval), { until: () => missing().length === 0 }).pipe(
      Effect.timeoutOption(appliedWithin)
    )
  }).pipe(
    Effect.catch((error) => Effect.logWarning(`shards keep their settings for now: ${error.message}`)),
    Effect.andThen(Effect.sleep(lookInterval)),
    Effect.forever
  )

interface WantedConfiguration {
  readonly shards: WantedSettings
  readonly districts: Omit<DistrictSettings, "timeZone">
  readonly map: { readonly version: number; readonly districts: ReadonlyArray<District> }
}

/** Runs until interrupted. */
export const keepConfigured = Effect.fnUntraced(function*({ districts, map, shards }: WantedConfiguration) {
  const sensorShards = yield* LocalShards
  const districtShards = yield* LocalDistricts
  const { newCityTimeZone, timeZone = newCityTimeZone, ...rest } = shards
  const settings = { ...rest, timeZone }
  const missing = missingDistricts({ ...districts, timeZone }, map)
  return yield* Effect.all([
    keep(yield* ObservationLog, () => missingSettings(sensorShards, settings)),
    keep(yield* PartialsLog, () => missing(districtShards))
  ], { concurrency: 2 })
})
