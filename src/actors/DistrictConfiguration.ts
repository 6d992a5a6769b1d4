/**
 * Brings the district shards of this process in line with the settings and the map it was started with: by commands in the partials
 * log, so that a replay decides as the first run did.
 */
import { Effect } from "effect"
import { PartialsLog } from "../ports/ShardedLog.ts"
import type { DistrictSettings } from "../schemas/Commands.ts"
import type { District } from "../schemas/District.ts"
import { shardOf, shards } from "../schemas/Shards.ts"
import type { DistrictShard } from "./DistrictStage.ts"
import { LocalDistricts } from "./LocalDistricts.ts"
import { appendCommands, type MissingCommand, poll, settingText } from "./StageConfiguration.ts"

/** The districts of a map, or none where every observed cell is one. */
interface WantedDistricts {
  /** Of the set; 0 where it has no districts of its own. */
  readonly version: number
  readonly districts: ReadonlyArray<District>
}

/** What ready shards of this process lack to have the settings and the districts. To be asked often: each description is compared once. */
export const missingDistricts = (settings: DistrictSettings, wanted: WantedDistricts) => {
  const inShard = Map.groupBy(wanted.districts, ({ id }) => shardOf(id))
  const asWanted = new WeakSet<District>()
  const isAsWanted = (description: District | undefined, district: District): boolean => {
    if (description === undefined) return false
    if (asWanted.has(description)) return true
    const isEqual = settingText(description) === settingText(district)
    if (isEqual) asWanted.add(description)
    return isEqual
  }
  const missing = (shard: number, state: DistrictShard): ReadonlyArray<MissingCommand> => {
    const districts = inShard.get(shard) ?? []
    const hasSettings = settingText(state.settings) === settingText(settings)
    const hasDistricts = state.describedVersion === wanted.version
      && districts.every((district) => isAsWanted(state.districts.get(district.id)?.description, district))
    return [
      ...(hasSettings ? [] : [{ shard, command: { _tag: "ConfigureDistricts", settings } } as const]),
      ...(hasDistricts
        ? []
        : [{ shard, command: { _tag: "DescribeDistricts", version: wanted.version, districts } } as const])
    ]
  }
  return (local: LocalDistricts["Service"]): ReadonlyArray<MissingCommand> =>
    Array.from(local.entries()).flatMap(([shard, { districts }]) =>
      districts === undefined ? [] : missing(shard, districts)
    )
}

/** Where all shards are in this process: when it returns, each ready one has applied what it lacked. */
export const configureDistricts = Effect.fn("DistrictConfiguration.configureDistricts")(function*(
  settings: DistrictSettings,
  wanted: WantedDistricts
) {
  const log = yield* PartialsLog
  const local = yield* LocalDistricts
  const isSettled = (shard: number): boolean =>
    local.entry(shard).districts !== undefined || local.entry(shard).state === "refused"
  yield* Effect.repeat(Effect.sleep(poll), { until: () => shards.every(isSettled) })
  const missing = missingDistricts(settings, wanted)
  const commands = missing(local)
  if (commands.length === 0) return
  yield* appendCommands(log, commands)
  yield* Effect.repeat(Effect.sleep(poll), { until: () => missing(local).length === 0 })
})
