/**
 * `vicinity start`: opens the city, replays a recording where one is given, and runs until it is told to stop. A first ctrl-C
 * drains: requests under way are answered, every shard commits, the database is shut down; then the process ends with 0.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { Cause, Console, Effect, Exit, Layer } from "effect"
import { Command } from "effect/cli"
import { ShardStatuses } from "../actors/ShardStatusProtocol.ts"
import { tickWhileLive } from "../actors/Ticker.ts"
import { findMapping } from "../ingest/FindMapping.ts"
import * as Replay from "../ingest/Replay.ts"
import type { ReplayMapping } from "../ingest/ReplayMapping.ts"
import { checkedSettings } from "./CheckedSettings.ts"
import { dataPaths, openCityOverHttp } from "./EmbeddedCity.ts"
import { progressBar } from "./ProgressBar.ts"
import { type CitySettings, settingFlags } from "./Settings.ts"
import { step } from "./StartReport.ts"
import { version } from "./Version.ts"

const defaultTimeZone = "Europe/Helsinki"
const fileServices = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)

const stopped = Console.log("  ✓ stopped; everything is committed")

/** Runs until interrupted. */
export const startCity = Effect.fn("StartCommand.startCity")(function*(settings: CitySettings) {
  yield* Console.log(`\nVicinity ${version} · ctrl-C stops it, and nothing acknowledged is lost\n`)
  // Finalizers run in the opposite order: this one is the last.
  yield* Effect.addFinalizer((exit) =>
    Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? stopped : Effect.void
  )
  const recording = settings.replay === undefined ? undefined : yield* openRecording(settings.replay, settings)
  const city = yield* openCityOverHttp(settings, recording?.mapping.timeZone ?? defaultTimeZone)
  yield* Console.log(hints(city.url, settings))
  yield* Effect.addFinalizer(() => Console.log("\n  … stopping: requests under way are answered, every shard commits"))
  const live = Effect.gen(function*() {
    if (recording !== undefined) yield* replay(recording, settings)
    // Only now: ticks of today would close the windows of a recording of some other year.
    return yield* tickWhileLive
  }).pipe(Effect.provide(city.context))
  return yield* live
}, Effect.scoped)

interface Recording {
  readonly folder: string
  readonly mapping: ReplayMapping
}

const openRecording = (folder: string, settings: CitySettings) =>
  step(
    "read how the recording is to be read",
    ({ mapping }) => `recording ${mapping.name} in ${folder} understood`,
    findMapping(folder, settings.mapping).pipe(
      Effect.map((mapping): Recording => ({ folder, mapping })),
      Effect.provide(fileServices)
    )
  )

const hints = (url: string, settings: CitySettings): string =>
  settings.replay === undefined
    ? `\n  Nothing sends observations yet. Try:\n`
      + `    curl ${url}/v1/observations -H 'content-type: application/json' -d \\\n`
      + `      '{"sensorId":"demo","property":"temperature","phenomenonTime":"${
        new Date().toISOString()
      }","result":4.5}'\n`
      + `  or replay a recording: npm start -- --replay FOLDER. The API explains itself on ${url}/docs\n`
    : `\n  The API explains itself on ${url}/docs\n`

const replay = Effect.fnUntraced(function*({ folder, mapping }: Recording, settings: CitySettings) {
  const bar = yield* progressBar(`replay ${mapping.name}`, process.stdout)
  const shown = (progress: Replay.ReplayProgress) => ({
    done: progress.done,
    total: progress.total,
    note: progress.isWaiting
      ? "the log is full, waiting for the shards"
      : `event time ${new Date(progress.eventTime).toISOString().slice(0, 16)}Z`
  })
  let last: Replay.ReplayProgress | undefined
  const summary = yield* Replay.run({
    folder,
    mapping,
    speed: settings.speed,
    checkpointFolder: dataPaths(settings.data).replay,
    onProgress: (progress) => {
      last = progress
      return bar.show(shown(progress))
    }
  })
  if (last !== undefined) yield* bar.finish(shown(last))
  const { fromStep, missing, observations, rejected, wasFinished } = summary
  const counts = `${observations.toLocaleString("en-US")} observations accepted, `
    + `${rejected.toLocaleString("en-US")} rejected, ${missing.toLocaleString("en-US")} missing`
  yield* Console.log(
    wasFinished
      ? `  ✓ the recording was replayed before: ${counts}; delete ${settings.data} to start anew`
      : `  ✓ replay complete${fromStep > 0 ? ` (went on from step ${fromStep})` : ""}: ${counts}`
  )
  yield* step("let the shards catch up", "every observation of it is in the state of its sensor", caughtUp)
})

/** Waits until the shards have applied all of their logs. */
const caughtUp = Effect.gen(function*() {
  const shards = yield* ShardStatuses
  while ((yield* shards.statuses).some(({ lag }) => lag > 0)) yield* Effect.sleep("20 millis")
})

export const startCommand = Command.make("start", settingFlags, (flags) =>
  Effect.gen(function*() {
    const settings = yield* checkedSettings(flags)
    return yield* startCity(settings)
  })).pipe(
    Command.withDescription("Start a city in one process: API, actors, log and database in one data folder"),
    Command.withExamples([
      { command: "vicinity start --replay ../data/los-loop --speed max", description: "Replay a recording" },
      { command: "vicinity start --data /var/lib/vicinity --port 9000", description: "Keep data elsewhere" }
    ])
  )
