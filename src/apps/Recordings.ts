/** Recordings that a start replays, with what the terminal shows of it. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { Console, Effect, Layer } from "effect"
import { ShardStatuses } from "../actors/ShardStatusProtocol.ts"
import { findMapping } from "../ingest/FindMapping.ts"
import * as Replay from "../ingest/Replay.ts"
import type { ReplayMapping } from "../ingest/ReplayMapping.ts"
import { dataPaths } from "./DataPaths.ts"
import { progressBar } from "./ProgressBar.ts"
import type { CitySettings } from "./Settings.ts"
import { step } from "./StartReport.ts"

const fileServices = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)

interface OpenRecording {
  readonly folder: string
  readonly mapping: ReplayMapping
}

/** The recordings of the settings, with the mappings that say how they are to be read. */
export const openRecordings = (settings: CitySettings) =>
  Effect.forEach(settings.replay, (folder) =>
    step(
      "read how the recording is to be read",
      ({ mapping }) => `recording ${mapping.name} in ${folder} understood`,
      findMapping(folder, settings.mapping).pipe(
        Effect.map((mapping): OpenRecording => ({ folder, mapping })),
        Effect.provide(fileServices)
      )
    ))

/** Progress as the bar shows it. */
export const shownProgress = (progress: Replay.ReplayProgress) => ({
  done: progress.done,
  total: progress.total,
  note: progress.isWaiting
    ? "the log is full, waiting for the shards"
    : `event time ${new Date(progress.eventTime).toISOString().slice(0, 16)}Z`
})

const sentence = (settings: CitySettings, { name, ...summary }: Replay.ReplaySummary): string => {
  const count = (n: number): string => n.toLocaleString("en-US")
  const { fromStep, missing, observations, rejected, wasFinished } = summary
  const counts = `${count(observations)} observations accepted, ${count(rejected)} rejected, ${count(missing)} missing`
  return wasFinished
    ? `  ✓ ${name} was replayed before: ${counts}; delete ${settings.data} to start anew`
    : `  ✓ replay of ${name} complete${fromStep > 0 ? ` (went on from step ${fromStep})` : ""}: ${counts}`
}

/** Replays them, merged by event time; ends when the shards have applied everything. */
export const replayRecordings = Effect.fnUntraced(function*(
  recordings: ReadonlyArray<OpenRecording>,
  settings: CitySettings,
  timeZone: string
) {
  const title = recordings.map(({ mapping }) => mapping.name).join(" + ")
  const bar = yield* progressBar(`replay ${title}`, process.stdout)
  let last: Replay.ReplayProgress | undefined
  const { replayLimitMillis, startAt } = settings
  const summaries = yield* Replay.runTogether(
    recordings.map((recording) => ({
      ...recording,
      ...(startAt === undefined ? {} : { startAt, timeZone }),
      ...(replayLimitMillis === undefined ? {} : { limit: replayLimitMillis })
    })),
    {
      speed: settings.speed,
      checkpointFolder: dataPaths(settings.data).replay,
      onProgress: (progress) => {
        last = progress
        return bar.show(shownProgress(progress))
      }
    }
  )
  if (last !== undefined) yield* bar.finish(shownProgress(last))
  for (const summary of summaries) yield* Console.log(sentence(settings, summary))
  // Where the shards are in other processes, those say how far they are.
  if (settings.role !== undefined) return
  yield* step("let the shards catch up", "every observation of it is in the state of its sensor", caughtUp)
})

/** Waits until the shards have applied all of their logs. */
const caughtUp = Effect.gen(function*() {
  const shards = yield* ShardStatuses
  while ((yield* shards.statuses).some(({ lag }) => lag > 0)) yield* Effect.sleep("20 millis")
})
