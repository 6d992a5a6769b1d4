/**
 * `vicinity start`: opens the city, runs the simulated Helsinki or replays recordings, and goes on until it is told to stop. A first ctrl-C
 * drains: requests under way are answered, every shard commits, the database is shut down; then the process ends with 0.
 */
import { Cause, Console, Context, Duration, Effect, Exit } from "effect"
import { Command } from "effect/cli"
import { ShardStatuses } from "../actors/ShardStatusProtocol.ts"
import { timeZone as helsinkiTimeZone } from "../ingest/simulation/CityCalendar.ts"
import { checkedSettings } from "./CheckedSettings.ts"
import { tickerOf } from "./CityShards.ts"
import { openClusterCity } from "./ClusterCity.ts"
import { openCityOverHttp } from "./EmbeddedCity.ts"
import { endsWithin, stopTimeout } from "./EndsWithin.ts"
import { openRecordings, replayRecordings } from "./Recordings.ts"
import { settingFlags } from "./SettingFlags.ts"
import { type CitySettings, requireServers, type Role } from "./Settings.ts"
import { simulateHelsinki } from "./SimulatedHelsinki.ts"
import { version } from "./Version.ts"

const stopped = Console.log("  ✓ stopped; everything is committed")

/** Runs until interrupted. */
export const startCity = Effect.fn("StartCommand.startCity")(function*(settings: CitySettings) {
  yield* Console.log(`\nVicinity ${version} · ctrl-C stops it, and nothing acknowledged is lost\n`)
  // Finalizers run in the opposite order: this one is the last.
  yield* Effect.addFinalizer((exit) =>
    Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? stopped : Effect.void
  )
  const recordings = yield* openRecordings(settings)
  const newCityTimeZone = recordings[0]?.mapping.timeZone ?? helsinkiTimeZone
  return yield* settings.role === undefined
    ? runEmbedded(settings, recordings, newCityTimeZone)
    : runRole(settings, settings.role, recordings, newCityTimeZone)
}, Effect.scoped)

const stopping = Console.log("\n  … stopping: requests under way are answered, every shard commits")

type Recordings = Effect.Success<ReturnType<typeof openRecordings>>

const runEmbedded = Effect.fnUntraced(function*(
  settings: CitySettings,
  recordings: Recordings,
  newCityTimeZone: string
) {
  const city = yield* openCityOverHttp(settings, newCityTimeZone)
  yield* Console.log(hints(city.url, settings))
  yield* Effect.addFinalizer(() => stopping)
  return yield* source(recordings, settings, city.timeZone, tickerOf(settings)).pipe(Effect.provide(city.context))
})

/** One process of several: the time is told by those that hold shards. */
const runRole = Effect.fnUntraced(function*(
  settings: CitySettings,
  role: Role,
  recordings: Recordings,
  newCityTimeZone: string
) {
  const city = yield* openClusterCity(settings, role, newCityTimeZone)
  yield* Effect.addFinalizer(() => stopping)
  const { statuses } = Context.get(city.context, ShardStatuses)
  yield* endsWithin(Duration.sum(stopTimeout, settings.drainTime), statuses)
  return yield* source(recordings, settings, city.timeZone, Effect.never).pipe(Effect.provide(city.context))
})

/** What observations come from beside the API; never ends. `whileLive` runs while the city is live. */
const source = Effect.fnUntraced(function*<E, R>(
  recordings: Recordings,
  settings: CitySettings,
  timeZone: string,
  whileLive: Effect.Effect<never, E, R>
) {
  if (settings.source === "simulation") return yield* simulateHelsinki(settings, whileLive)
  // Only then: ticks of today would close the windows of a recording of some other year.
  if (recordings.length > 0) yield* replayRecordings(recordings, settings, timeZone)
  return yield* whileLive
})

const hints = (url: string, settings: CitySettings): string =>
  settings.source === "none"
    ? `\n  Nothing sends observations yet. Try:\n`
      + `    curl ${url}/v1/observations -H 'content-type: application/json' -d \\\n`
      + `      '{"sensorId":"demo","property":"temperature","phenomenonTime":"${
        new Date().toISOString()
      }","result":4.5}'\n`
      + `  or replay a recording: npm start -- --replay FOLDER. The API explains itself on ${url}/docs\n`
    : `\n  Look at the city on ${url}; the API explains itself on ${url}/docs\n`

export const startCommand = Command.make("start", settingFlags, (flags) =>
  Effect.gen(function*() {
    const settings = yield* checkedSettings(flags)
    yield* requireServers(settings)
    return yield* startCity(settings)
  })).pipe(
    Command.withDescription(
      "Start a city: API, actors, log and database in one process and one data folder, or one process of several by its role"
    ),
    Command.withExamples([
      { command: "vicinity start --replay ../data/los-loop --speed max", description: "Replay a recording" },
      {
        command:
          "vicinity start --replay ../data/austin-buses,../data/beijing-pm25 --start-at 2026-11-19T00:00:00Z --speed 60",
        description: "Two recordings together, as if they had begun then"
      },
      { command: "vicinity start --data /var/lib/vicinity --port 9000", description: "Keep data elsewhere" },
      {
        command: "vicinity start --role api",
        description: "One process of several; VICINITY_NATS_URL and VICINITY_POSTGRES_URL name their servers"
      }
    ])
  )
