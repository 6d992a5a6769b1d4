/**
 * Brings every district shard of this process in line with the settings and the map the process was started with: by commands in
 * the partials log, so that a replay decides as the first run did. Promise: when it returns, each ready shard has applied them.
 */
import { Clock, Effect } from "effect"
import { PartialsLog } from "../ports/ShardedLog.ts"
import { type Command, type DistrictSettings, encodeCommand } from "../schemas/Commands.ts"
import type { District } from "../schemas/District.ts"
import { EpochMillis } from "../schemas/Quantities.ts"
import { shardOf, shards } from "../schemas/Shards.ts"
import type { DistrictShard } from "./DistrictStage.ts"
import { LocalDistricts } from "./LocalDistricts.ts"
import { poll, settingText } from "./StageConfiguration.ts"

/** The districts of a map, or none where every observed cell is one. */
interface WantedDistricts {
  /** Of the set; 0 where it has no districts of its own. */
  readonly version: number
  readonly districts: ReadonlyArray<District>
}

export const configureDistricts = Effect.fn("DistrictConfiguration.configureDistricts")(function*(
  settings: DistrictSettings,
  wanted: WantedDistricts
) {
  const log = yield* PartialsLog
  const local = yield* LocalDistricts
  const inShard = Map.groupBy(wanted.districts, ({ id }) => shardOf(id))
  const isSettled = (shard: number): boolean =>
    local.entry(shard).districts !== undefined || local.entry(shard).state === "refused"
  yield* Effect.repeat(Effect.sleep(poll), { until: () => shards.every(isSettled) })

  const missing = (shard: number, state: DistrictShard): ReadonlyArray<Command> => {
    const districts = inShard.get(shard) ?? []
    const hasSettings = settingText(state.settings) === settingText(settings)
    const hasDistricts = state.describedVersion === wanted.version
      && districts.every((district) =>
        settingText(state.districts.get(district.id)?.description ?? null) === settingText(district)
      )
    return [
      ...(hasSettings ? [] : [{ _tag: "ConfigureDistricts", settings } as const]),
      ...(hasDistricts ? [] : [{ _tag: "DescribeDistricts", version: wanted.version, districts } as const])
    ]
  }
  const behind = () =>
    shards.flatMap((shard) => {
      const state = local.entry(shard).districts
      return state === undefined ? [] : missing(shard, state).map((command) => ({ shard, command }))
    })

  const commands = behind()
  if (commands.length === 0) return
  const issuedAt = EpochMillis.make(yield* Clock.currentTimeMillis)
  const records = yield* Effect.forEach(commands, ({ command, shard }) =>
    Effect.map(log.bounds(shard), ({ last }) => ({
      shard,
      payload: encodeCommand({ id: `${command._tag}-after-${last}`, issuedAt, command })
    })))
  yield* log.append(records)
  yield* Effect.repeat(Effect.sleep(poll), { until: () => behind().length === 0 })
})
