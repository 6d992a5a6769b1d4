/**
 * Brings the settings of the sensor shards of this process in line with those it was started with: by a `Configure` command in
 * the log, so that a replay decides as the first run did.
 */
import { Clock, Duration, Effect, Schema } from "effect"
import { ObservationLog, type ShardedLog } from "../ports/ShardedLog.ts"
import { type Command, encodeCommand, type StageSettings } from "../schemas/Commands.ts"
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

/** A command that a shard has not applied. */
export interface MissingCommand {
  readonly shard: number
  readonly command: Command
}

/** Appends them. Their ids follow from the position, so that two writers of the same do no harm. */
export const appendCommands = Effect.fnUntraced(function*(log: ShardedLog, missing: ReadonlyArray<MissingCommand>) {
  const issuedAt = EpochMillis.make(yield* Clock.currentTimeMillis)
  const records = yield* Effect.forEach(missing, ({ command, shard }) =>
    Effect.map(log.bounds(shard), ({ last }) => ({
      shard,
      payload: encodeCommand({ id: `${command._tag}-after-${last}`, issuedAt, command })
    })))
  yield* log.append(records)
})

/** Settings that the city is to have; without a time zone it keeps the one it has, or takes `newCityTimeZone`. */
export interface WantedSettings extends Omit<StageSettings, "timeZone"> {
  readonly timeZone: string | undefined
  readonly newCityTimeZone: string
}

/** Settings of the ready shards of this process. */
const settingsHere = (local: LocalShards["Service"]): ReadonlyArray<readonly [shard: number, StageSettings]> =>
  Array.from(local.entries()).flatMap(([shard, { sensors }]) =>
    sensors === undefined ? [] : [[shard, sensors.settings]]
  )

const settingsFor = (local: LocalShards["Service"], wanted: WantedSettings): StageSettings => {
  const { newCityTimeZone, timeZone, ...rest } = wanted
  const configured = settingsHere(local).map(([, settings]) => settings).find((settings) =>
    settings !== initialSettings
  )
  return { ...rest, timeZone: timeZone ?? configured?.timeZone ?? newCityTimeZone }
}

/** What ready shards of this process lack to have the settings. */
export const missingSettings = (
  local: LocalShards["Service"],
  settings: StageSettings
): ReadonlyArray<MissingCommand> => {
  const text = settingText(settings)
  return settingsHere(local)
    .filter(([, inForce]) => settingText(inForce) !== text)
    .map(([shard]) => ({ shard, command: { _tag: "Configure", settings } }))
}

/** Shards that have not come to a state of their own yet: neither ready nor refused. */
const isSettled = (local: LocalShards["Service"]): boolean =>
  shards.every((shard) => local.entry(shard).sensors !== undefined || local.entry(shard).state === "refused")

/**
 * Where all shards are in this process: waits until each is ready or refused, writes the command where the settings of a ready one
 * differ, and waits until it was applied. Returns the settings in force; fails where no shard can start.
 */
export const configureShards = Effect.fn("StageConfiguration.configureShards")(function*(wanted: WantedSettings) {
  const log = yield* ObservationLog
  const local = yield* LocalShards
  yield* Effect.repeat(Effect.sleep(poll), { until: () => isSettled(local) })
  if (settingsHere(local).length === 0) return yield* new ShardsRefused({ detail: local.entry(shards[0] ?? 1).detail })
  const settings = settingsFor(local, wanted)
  const missing = missingSettings(local, settings)
  if (missing.length === 0) return settings
  yield* appendCommands(log, missing)
  yield* Effect.repeat(Effect.sleep(poll), { until: () => missingSettings(local, settings).length === 0 })
  return settings
})
