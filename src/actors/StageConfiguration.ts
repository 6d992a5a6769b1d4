/**
 * Brings the settings of every shard of this process in line with those the process was started with: by a `Configure`
 * command in the log, so that a replay decides as the first run did. Promise: when it returns, each ready shard has applied it.
 */
import { Clock, Duration, Effect, Schema } from "effect"
import { ObservationLog } from "../ports/ShardedLog.ts"
import { encodeCommand, type StageSettings } from "../schemas/Commands.ts"
import { EpochMillis } from "../schemas/Quantities.ts"
import { shards } from "../schemas/Shards.ts"
import { LocalShards } from "./LocalShards.ts"
import { initialSettings } from "./SensorStage.ts"

/** Between two looks at whether the shards have come so far. */
export const poll = Duration.millis(20)

/** Settings as text, keys in order: equal settings have equal text. */
export const settingText = (settings: unknown): string =>
  JSON.stringify(settings, (_key, value: unknown) =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
      : value)

/** No shard can start; a person has to look. */
export class ShardsRefused extends Schema.TaggedError<ShardsRefused>()("ShardsRefused", { detail: Schema.String }) {
  override get message(): string {
    return `no shard can start (${this.detail}); \`vicinity doctor\` says what to do`
  }
}

/** Shards that have not come to a state of their own yet: neither ready nor refused. */
const isSettled = (local: LocalShards["Service"]): boolean =>
  shards.every((shard) => local.entry(shard).sensors !== undefined || local.entry(shard).state === "refused")

const settingsOf = (local: LocalShards["Service"]): ReadonlyArray<readonly [shard: number, StageSettings]> =>
  shards.flatMap((shard) => {
    const settings = local.entry(shard).sensors?.settings
    return settings === undefined ? [] : [[shard, settings]]
  })

/** Ready shards whose settings differ. */
const differing = (local: LocalShards["Service"], wanted: string): ReadonlyArray<number> =>
  settingsOf(local).filter(([, settings]) => settingText(settings) !== wanted).map(([shard]) => shard)

/** Settings that the city is to have; without a time zone it keeps the one it has, or takes `newCityTimeZone`. */
export interface WantedSettings extends Omit<StageSettings, "timeZone"> {
  readonly timeZone: string | undefined
  readonly newCityTimeZone: string
}

/**
 * Waits until every shard is ready or refused, writes the command where the settings of a ready one differ, and waits until it
 * was applied. Returns the settings in force; fails where no shard can start.
 */
export const configureShards = Effect.fn("StageConfiguration.configureShards")(function*(
  { newCityTimeZone, timeZone, ...rest }: WantedSettings
) {
  const log = yield* ObservationLog
  const local = yield* LocalShards
  yield* Effect.repeat(Effect.sleep(poll), { until: () => isSettled(local) })
  const found = settingsOf(local)
  if (found.length === 0) return yield* new ShardsRefused({ detail: local.entry(shards[0] ?? 1).detail })
  const configured = found.map(([, settings]) => settings).find((settings) => settings !== initialSettings)
  const settings: StageSettings = { ...rest, timeZone: timeZone ?? configured?.timeZone ?? newCityTimeZone }
  const wanted = settingText(settings)
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
