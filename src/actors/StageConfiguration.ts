/**
 * Brings the settings of every shard of this process in line with those the process was started with: by a `Configure`
 * command in the log, so that a replay decides as the first run did. Promise: when it returns, each shard has applied it.
 */
import { Clock, Duration, Effect } from "effect"
import { ObservationLog } from "../ports/ShardedLog.ts"
import { EpochMillis } from "../schemas/Quantities.ts"
import { encodeCommand, type StageSettings } from "../schemas/Records.ts"
import { shards } from "../schemas/Shards.ts"
import { LocalShards } from "./LocalShards.ts"
import { initialSettings } from "./SensorStage.ts"

const poll = Duration.millis(20)

/** Records with sorted keys, so that equal settings have equal text. */
const textOf = (settings: StageSettings): string =>
  JSON.stringify(settings, (_key, value: unknown) =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
      : value)

/** Shards of which the state here is ready and differs. */
const differing = (local: LocalShards["Service"], wanted: string): ReadonlyArray<number> =>
  shards.filter((shard) => {
    const sensors = local.entry(shard).sensors
    return sensors === undefined || textOf(sensors.settings) !== wanted
  })

/** Settings that the city is to have; without a time zone it keeps the one it has, or takes `newCityTimeZone`. */
export interface WantedSettings extends Omit<StageSettings, "timeZone"> {
  readonly timeZone: string | undefined
  readonly newCityTimeZone: string
}

/**
 * Waits until every shard is ready, writes the command where the settings differ, and waits until it was applied. Returns the
 * settings in force.
 */
export const configureShards = Effect.fn("StageConfiguration.configureShards")(function*(
  { newCityTimeZone, timeZone, ...rest }: WantedSettings
) {
  const log = yield* ObservationLog
  const local = yield* LocalShards
  yield* Effect.repeat(Effect.sleep(poll), {
    until: () => shards.every((shard) => local.entry(shard).sensors !== undefined)
  })
  const configured = shards.map((shard) => local.entry(shard).sensors?.settings).find((settings) =>
    settings !== initialSettings
  )
  const settings: StageSettings = { ...rest, timeZone: timeZone ?? configured?.timeZone ?? newCityTimeZone }
  const wanted = textOf(settings)
  const behind = differing(local, wanted)
  if (behind.length === 0) return settings
  const issuedAt = EpochMillis.make(yield* Clock.currentTimeMillis)
  const records = yield* Effect.forEach(behind, (shard) =>
    Effect.map(log.bounds(shard), ({ last }) => ({
      shard,
      payload: encodeCommand({ id: `configure-after-${last}`, issuedAt, command: { _tag: "Configure", settings } })
    })))
  yield* log.append(records)
  yield* Effect.repeat(Effect.sleep(poll), { until: () => differing(local, wanted).length === 0 })
  return settings
})
